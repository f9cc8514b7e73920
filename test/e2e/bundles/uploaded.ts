import type { Workspace } from "../../lab/workspace/workspace.ts";
import type { BundleFiles } from "./bundles.ts";

/** The first line that makes a source file a notebook, by extension. */
const notebookHeaders: Readonly<Record<string, string>> = {
  ".py": "# Databricks notebook source",
  ".r": "# Databricks notebook source",
  ".scala": "// Databricks notebook source",
  ".sql": "-- Databricks notebook source",
};

/** Where the workspace has a file of a bundle, below the bundle's files: a notebook loses its extension. */
export function remoteOf(name: string, content: string): { readonly type: "FILE" | "NOTEBOOK"; readonly path: string } {
  const extension = /\.[^./]+$/.exec(name)?.[0] ?? "";
  const header = notebookHeaders[extension];
  const isNotebook = extension === ".ipynb" || (header !== undefined && content.split("\n", 1)[0] === header);
  return isNotebook ? { type: "NOTEBOOK", path: name.slice(0, -extension.length) } : { type: "FILE", path: name };
}

/** How the files below a folder of the workspace differ from those of a bundle, one line for each; none if they are equal. */
export async function fileDifferences(workspace: Workspace, folder: string, files: BundleFiles): Promise<string[]> {
  const found = (await workspace.files(folder)).map((line) => line.replace(`${folder}/`, ""));
  const expected = Object.entries(files).map(([name, content]) => ({ ...remoteOf(name, content), content }));
  const lineOf = ({ type, path }: { type: string; path: string }) => `${type} ${path}`;
  const lines = new Set(expected.map(lineOf));
  const differences = found.filter((line) => !lines.has(line)).map((line) => `${line} is not in the bundle`);
  for (const one of expected) {
    if (!found.includes(lineOf(one))) differences.push(`${lineOf(one)} is missing`);
    else if ((await workspace.readFile(`${folder}/${one.path}`)) !== one.content) {
      differences.push(`${lineOf(one)} has other content`);
    }
  }
  return differences;
}
