import path from "node:path";
import { rootFiles } from "../common/databricks/bundle/files.ts";
import { print } from "../common/pipeline/commands.ts";
import { type InputReader, macroProblem } from "../common/pipeline/inputs.ts";
import { repositoryFolder } from "../common/pipeline/job.ts";
import { quoted } from "../common/pipeline/secrets.ts";
import { noBundle } from "./bundle-folder.ts";

/** Takes the target from the CLI's own variables, in its order: a job that sets one means it. */
export function takeTargetVariable(reader: InputReader): string | undefined {
  for (const name of ["DATABRICKS_BUNDLE_TARGET", "DATABRICKS_BUNDLE_ENV"]) {
    const target = process.env[name]?.trim();
    if (!target) continue;
    const macro = macroProblem(target);
    if (macro !== undefined) reader.problem(name, macro);
    else print(`Target: ${target} (from the variable ${name}, because the input target is empty)`);
    delete process.env[name];
    return target;
  }
  return undefined;
}

export function bundleFolder(reader: InputReader): string {
  const folder = reader.folder("workingDirectory");
  if (folder === undefined) return "";
  const files = rootFiles(folder).map((file) => path.basename(file));
  if (files.length > 1) {
    reader.problem(
      "workingDirectory",
      `${folder} contains ${files.join(" and ")}. The CLI allows only one of them: remove the others.`,
    );
  }
  if (files.length === 0) reader.problem("workingDirectory", noBundle(folder, repositoryFolder()));
  return folder;
}

/** As git accepts it: git would take what begins with a hyphen for an option. */
export function gitReference(reader: InputReader): string | undefined {
  const text = reader.text("changedSince");
  if (text !== undefined && /^-|[\s:?*[\\]|\.\.\.?|\^@/.test(text))
    reader.problem(
      "changedSince",
      `${quoted(text)} is not a Git reference, such as a tag, a branch or a commit, or target.`,
    );
  return text;
}

/** Whole minutes. */
export function lockTimeout(reader: InputReader): number {
  const text = reader.text("lockTimeoutInMinutes") ?? "0";
  if (/^\d+$/.test(text)) return Number(text);
  reader.problem("lockTimeoutInMinutes", `${quoted(text)} is not a whole number of minutes, 0 or more.`);
  return 0;
}

/** The CLI needs a variable of the environment to be a number, and blames the sign-in otherwise. */
export function checkRateLimit(reader: InputReader): void {
  const limit = process.env["DATABRICKS_RATE_LIMIT"];
  if (limit && !/^[+-]?\d+$/.test(limit))
    reader.problem("DATABRICKS_RATE_LIMIT", `${quoted(limit)} is not a whole number.`);
}
