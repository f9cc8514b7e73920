import fs from "node:fs";
import path from "node:path";
import type { StepContext } from "../step/context.ts";
import type { Issue } from "../types.ts";
import type { LoggingCommand } from "./command.ts";

/** `task.logissue`: an error or warning of the step, with its place in a source file. An error does not fail the step. */
export function logIssue(step: StepContext, command: LoggingCommand): void {
  const type = command.properties.get("type");
  if (type === undefined) {
    step.warning("Can't create TaskIssue from logging event.");
    return;
  }
  const known = type.toLowerCase();
  if (known !== "error" && known !== "warning") throw new Error(`issue type ${type} is not an expected issue type.`);
  const issue: Issue = { type: known, message: command.data };
  addPlace(issue, command.properties, step);
  step.addIssue(issue);
}

function addPlace(issue: Issue, properties: ReadonlyMap<string, string>, step: StepContext): void {
  const [line, column, code] = ["linenumber", "columnnumber", "code"].map((name) => properties.get(name));
  if (line !== undefined) issue.line = Number(line);
  if (column !== undefined) issue.column = Number(column);
  if (code !== undefined) issue.code = code;
  const given = properties.get("sourcepath");
  if (given === undefined) return;
  issue.sourcePath = repositoryPath(step, given);
  const place = `${issue.sourcePath}(${line ?? ""},${column ?? ""})`;
  issue.message = `${place}: ${properties.get("type") ?? ""} ${code ?? ""}: ${issue.message}`;
}

/** A file of the checked-out repository is shown relative to it (agent: BuildJobExtension.cs, ConvertLocalPath). */
function repositoryPath({ job }: StepContext, given: string): string {
  const { sources } = job.folders;
  const file = job.machine.system.machinePath(given);
  const isSource = job.hostType === "build" && file.startsWith(`${sources}/`) && fs.existsSync(file);
  return isSource ? path.relative(sources, file) : given;
}
