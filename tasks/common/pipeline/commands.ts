import { TaskCommand } from "azure-pipelines-task-lib/taskcommand";
import { rememberSecret } from "./secrets.ts";

/**
 * Gives the agent a command. Not through the whole library, which writes a file when it is loaded: the login's token service,
 * which is not a task, prints nothing and must not leave anything.
 */
function command(name: string, properties: Readonly<Record<string, string>>, message: string): void {
  process.stdout.write(`${new TaskCommand(name, properties, message)}\n`);
}

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
  command("task.debug", {}, text);
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
  command("task.logissue", { type, ...properties }, neutralize(message));
}

/** From here on the agent shows `***` for this value and its lines; call it before anything can print the value. */
export function registerSecret(value: string): void {
  for (const line of rememberSecret(value)) command("task.setsecret", {}, line);
}

/** Sets an output variable, read by later steps as `$(stepName.name)`. */
export function setOutput(name: string, value: string): void {
  // Not task-lib's setVariable: it would make the output a secret if a secret variable had the same name.
  command("task.setvariable", { variable: name, isOutput: "true", issecret: "false" }, value);
}

/** Sets a variable for later steps, which they find in their environment under exactly this name. */
export function setJobVariable(name: string, value: string): void {
  command("task.setvariable", { variable: name, issecret: "false", preservecase: "true" }, value);
}

/** Sets a variable that only this step, and its post-job step, can read. */
export function setTaskVariable(name: string, value: string): void {
  command("task.settaskvariable", { variable: name, issecret: "true" }, value);
}

/** Puts a folder first on the PATH of later steps and of this process. */
export function prependPath(folder: string): void {
  command("task.prependpath", {}, folder);
  const separator = process.platform === "win32" ? ";" : ":";
  process.env["PATH"] = [folder, process.env["PATH"]].filter(Boolean).join(separator);
}

/** Shows a Markdown file on the run page. The agent reads it after the step, so it must stay in Agent.TempDirectory. */
export function uploadSummary(file: string): void {
  command("task.uploadsummary", {}, file);
}

export type Result = "Succeeded" | "SucceededWithIssues" | "Failed" | "Canceled";

/** Reports the step's result; an error message becomes an issue on the run page. */
export function complete(result: Result, message = ""): void {
  if (result === "Failed" && message !== "") logIssue("error", message);
  // The agent parses the result by name; task-lib's own enumeration spells "Canceled" in a way that the agent does not accept.
  command("task.complete", { result }, "");
}
