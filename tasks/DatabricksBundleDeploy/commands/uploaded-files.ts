import fs from "node:fs";
import path from "node:path";
import { type BundleSummary, type NamedFile, namedFiles } from "../../common/databricks/cli/summary.ts";
import { missingPaths } from "../../common/databricks/workspace/files.ts";
import { debug, warn } from "../../common/pipeline/commands.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";

/**
 * Files that deployed resources name and that the workspace does not have; none where that cannot be found out. `known` are
 * paths that it certainly has.
 */
export async function missingFiles(step: Step, summary: BundleSummary, known: Iterable<string>): Promise<NamedFile[]> {
  const workspace = step.workspace();
  const named = namedFiles(summary);
  if (workspace === undefined || named.length === 0) return [];
  try {
    const missing = new Set(
      await missingPaths(
        workspace,
        named.map(({ path }) => path),
        known,
      ),
    );
    return named.filter(({ path }) => missing.has(path));
  } catch (error) {
    if (step.cancel.aborted) throw new Canceled();
    debug(`Whether all files were uploaded is not known: ${String(error)}`);
    return [];
  }
}

const shown = 10;

/** Warns of each missing file, with the reason as far as this agent shows it. `folder` is the one from which files are uploaded. */
export function warnOfMissingFiles(
  folder: string,
  files: readonly NamedFile[],
  isUploaded: (file: NamedFile) => boolean,
): void {
  for (const file of files.slice(0, shown)) {
    const { relativePath, resource } = file;
    const why = isUploaded(file) ? "something has deleted it since the upload" : reason(folder, relativePath);
    warn(`${resource} uses ${relativePath}, which is not in the workspace: ${why}.`);
  }
  if (files.length > shown) warn(`${files.length - shown} more files that resources use are not in the workspace.`);
}

const notebookExtensions = ["", ".py", ".ipynb", ".sql", ".scala", ".r", ".R"];

function reason(folder: string, relativePath: string): string {
  if (relativePath.startsWith("/")) return `it is an absolute path; for a file of the bundle, write .${relativePath}`;
  const candidates = notebookExtensions.map((extension) => path.join(folder, relativePath + extension));
  const file = candidates.find((candidate) => fs.lstatSync(candidate, { throwIfNoEntry: false }));
  if (file === undefined) return "it does not exist on this agent";
  const link = linkIn(folder, file);
  if (link !== undefined) return `${link} is a symbolic link, which the CLI does not follow`;
  if (isNotebook(path.join(folder, relativePath))) {
    return `a notebook has no extension in the workspace; write ${relativePath.replace(/\.\w+$/, "")}`;
  }
  return "it is probably excluded by .gitignore or by sync.exclude in the bundle; sync.include adds it";
}

/** Whether a file with an extension is a notebook (databricks/cli, libs/notebook/detect.go). */
function isNotebook(file: string): boolean {
  if (!/\.(py|sql|scala|r|ipynb)$/i.test(file) || !fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return false;
  return /\.ipynb$/i.test(file) || /^\s*(#|--|\/\/) Databricks notebook source/.test(fs.readFileSync(file, "utf8"));
}

/** The first part of a path below a folder that is a symbolic link. */
function linkIn(folder: string, file: string): string | undefined {
  const names = path.relative(folder, file).split(path.sep);
  const parts = names.map((_, index) => names.slice(0, index + 1).join(path.sep));
  return parts.find((part) => fs.lstatSync(path.join(folder, part), { throwIfNoEntry: false })?.isSymbolicLink());
}
