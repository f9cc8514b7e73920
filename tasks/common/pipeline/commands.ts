import * as tl from "azure-pipelines-task-lib/task";

/** Makes text from elsewhere inert: the agent acts on `##vso[` anywhere in a line and colours `##[`. */
export function neutralise(text: string): string {
  return text.replaceAll("##vso[", "##_vso[").replaceAll("##[", "##_[");
}

/** Prints text for people; never use it for commands. */
export function print(text: string): void {
  process.stdout.write(`${neutralise(text)}\n`);
}

export function printGroup(title: string, lines: readonly string[]): void {
  process.stdout.write(`##[group]${neutralise(title)}\n`);
  for (const line of lines) print(line);
  process.stdout.write("##[endgroup]\n");
}

/** Shown only in runs with `system.debug`. */
export function debug(text: string): void {
  tl.command("task.debug", null, text);
}

export function warn(message: string): void {
  tl.command("task.logissue", { type: "warning" }, message);
}

/** From here on the agent shows `***` for this value; call it before anything can print the value. */
export function registerSecret(value: string): void {
  for (const line of value.split(/\r?\n/)) {
    if (line.trim() !== "") tl.command("task.setsecret", null, line);
  }
}

/** Sets an output variable, read by later steps as `$(stepName.name)`. */
export function setOutput(name: string, value: string): void {
  tl.setVariable(name, value, false, true);
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
  if (result === "Failed" && message !== "") tl.command("task.logissue", { type: "error" }, message);
  // The agent parses the result by name; task-lib's own enumeration spells "Canceled" in a way that it refuses.
  tl.command("task.complete", { result }, "");
}
