import * as tl from "azure-pipelines-task-lib/task";
import { jobVariables } from "./job.ts";
import { rememberSecret } from "./secrets.ts";

/** Makes text from elsewhere inert: the agent acts on `##vso[` anywhere in a line and colors `##[`. */
export function neutralize(text: string): string {
  return text.replaceAll("##vso[", "##_vso[").replaceAll("##[", "##_[");
}

/** Prints text for people; never use it for commands. */
export function print(text: string): void {
  process.stdout.write(`${neutralize(text)}\n`);
}

export function printGroup(title: string, lines: readonly string[]): void {
  process.stdout.write(`##[group]${neutralize(title)}\n`);
  for (const line of lines) print(line);
  process.stdout.write("##[endgroup]\n");
}

/** Shown only in runs with `system.debug`. */
export function debug(text: string): void {
  tl.command("task.debug", null, text);
}

export function warn(message: string): void {
  logIssue("warning", message);
}

/** A place in a file: absolute path, line and column from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Shows an error or a warning in the log and on the run page; the step's result stays as it is. */
export function logIssue(type: "error" | "warning", message: string, place?: SourcePlace): void {
  const properties = place
    ? { sourcepath: place.file, linenumber: String(place.line), columnnumber: String(place.column) }
    : {};
  tl.command("task.logissue", { type, ...properties }, neutralize(message));
}

/** From here on the agent shows `***` for this value and its lines; call it before anything can print the value. */
export function registerSecret(value: string): void {
  for (const line of rememberSecret(value)) tl.command("task.setsecret", null, line);
}

/**
 * Registers the lines of the job's secret variables, and their encodings. The agent itself hides each variable as a whole, which
 * hides nothing where a value of several lines is printed line by line.
 */
export function registerJobSecrets(): void {
  for (const { value, secret } of jobVariables()) {
    if (!secret) continue;
    for (const form of rememberSecret(value)) if (form !== value) tl.command("task.setsecret", null, form);
  }
}

/** Sets an output variable, read by later steps as `$(stepName.name)`. */
export function setOutput(name: string, value: string): void {
  // Not task-lib's setVariable: it would make the output a secret if a secret variable had the same name.
  tl.command("task.setvariable", { variable: name, isOutput: "true", issecret: "false" }, value);
}

/** Puts a folder first on the PATH of later steps and of this process. */
export function prependPath(folder: string): void {
  tl.command("task.prependpath", null, folder);
  const separator = process.platform === "win32" ? ";" : ":";
  process.env["PATH"] = [folder, process.env["PATH"]].filter(Boolean).join(separator);
}

/** Shows a Markdown file on the run page. The agent reads it after the step, so it must stay in Agent.TempDirectory. */
export function uploadSummary(file: string): void {
  tl.command("task.uploadsummary", null, file);
}

export type Result = "Succeeded" | "SucceededWithIssues" | "Failed" | "Canceled";

/** Reports the step's result; an error message becomes an issue on the run page. */
export function complete(result: Result, message = ""): void {
  if (result === "Failed" && message !== "") logIssue("error", message);
  // The agent parses the result by name; task-lib's own enumeration spells "Canceled" in a way that the agent does not accept.
  tl.command("task.complete", { result }, "");
}
