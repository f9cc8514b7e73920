import fs from "node:fs";
import { troubleshootingUrl } from "../product.ts";
import { giveBackWithheld, withholdFromLibrary } from "./environment.ts";
import { UserError } from "./errors.ts";
import { fileFailure } from "./file-failure.ts";

/**
 * azure-pipelines-task-lib writes the key of the agent's proxy password to Agent.TempDirectory while it is loaded, before a task
 * can catch anything. This module must be imported first: it reports a full or read-only folder as any other user error.
 */
process.on("uncaughtException", reportLoadFailure);
withholdFromLibrary();

/** From here on, the task itself handles its errors. */
export function endOfLoad(): void {
  process.off("uncaughtException", reportLoadFailure);
  giveBackWithheld();
}

function reportLoadFailure(error: Error): void {
  const command = loadFailureCommands(error, process.env["AGENT_TEMPDIRECTORY"] ?? "");
  // For every other error, the library prints its stack.
  if (command === undefined) return;
  // Not process.stdout: its writes to a pipe may still wait when the process exits.
  fs.writeSync(1, command);
  process.exit(0);
}

/** The logging commands that end the step, without the library, which is not loaded; undefined when no file is at fault. */
export function loadFailureCommands(error: Error, temporaryFolder: string): string | undefined {
  const work = `write to the agent's temporary folder ${temporaryFolder}`;
  const failure = fileFailure(error, { work, section: "temporary-folder" });
  if (!(failure instanceof UserError)) return undefined;
  const message = [failure.message, failure.hint, `Help: ${troubleshootingUrl}#${failure.section}`].join("\n");
  const escaped = message.replaceAll("%", "%AZP25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return `##vso[task.logissue type=error;]${escaped}\n##vso[task.complete result=Failed;]\n`;
}
