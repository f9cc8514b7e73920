import fs from "node:fs";
import path from "node:path";
import type { Variables } from "../job/variables.ts";
import { type StepContext, summaryType } from "../step/context.ts";
import { mergeResults, parseResult } from "../step/result.ts";
import { type CommandEffect, escapeCommand, type LoggingCommand } from "./command.ts";
import { logIssue } from "./issue.ts";
import { logDetail, setEndpoint } from "./timeline.ts";

/** A command marked `done=true` gives the process this long to end by itself. */
const doneGraceMs = 5_000;

/** The `task` area (agent: TaskCommandExtension.cs). */
export const taskCommands: Readonly<Record<string, CommandEffect>> = {
  addattachment: (step, command) => {
    attach(step, command.properties.get("type"), command.properties.get("name"), command.data);
  },
  complete,
  debug: (step, command) => step.debug(command.data),
  issue: logIssue,
  logdetail: logDetail,
  logissue: logIssue,
  prependpath: prependPath,
  setendpoint: setEndpoint,
  setprogress: (step, command) => {
    step.currentOperation = command.data;
  },
  setsecret: (step, command) => step.job.masker.addValue(command.data),
  settaskvariable: setTaskVariable,
  setvariable: setVariable,
  uploadfile: (step, command) => {
    if (command.data === "") {
      throw new Error("Cannot upload task attachment file, attachment file location is not specified.");
    }
    attach(step, "DistributedTask.Core.FileAttachment", baseName(command.data), command.data);
  },
  uploadsummary: (step, command) => {
    if (command.data === "") throw new Error("Cannot upload summary file, summary file location is not specified.");
    attach(step, summaryType, baseName(command.data), command.data);
  },
};

function setVariable(step: StepContext, command: LoggingCommand): void {
  const name = requireName(command, "setvariable");
  const { secret, readOnly, preserveCase } = readFlags(command);
  rejectOverwrite(step, step.job.variables, name, "variable");
  if (secret) {
    rejectMultiline(command.data);
    step.job.masker.addValue(escapeCommand(command.data));
  }
  if (step.checkSettable(name)) {
    step.setVariable(name, command.data, flag(command, "isoutput"), { secret, readOnly, preserveCase });
  }
}

function setTaskVariable(step: StepContext, command: LoggingCommand): void {
  const name = requireName(command, "settaskvariable");
  const flags = readFlags(command);
  rejectOverwrite(step, step.taskVariables, name, "task variable");
  if (flags.secret) rejectMultiline(command.data);
  step.taskVariables.set(name, command.data, flags);
}

/** The newest entry comes first in PATH; an older equal one goes. */
function prependPath(step: StepContext, command: LoggingCommand): void {
  if (!step.checkSettable("PATH")) return;
  if (command.data === "") throw new Error("Value cannot be null. (Parameter 'prependpath')");
  const paths = step.job.prependPath;
  const folder = step.job.machine.system.machinePath(command.data);
  const known = paths.indexOf(folder);
  if (known >= 0) paths.splice(known, 1);
  paths.push(folder);
}

function complete(step: StepContext, command: LoggingCommand): void {
  const result = parseResult(command.properties.get("result") ?? "");
  if (result === undefined) throw new Error("Command doesn't have valid result value.");
  step.result = mergeResults(step.result, result);
  step.currentOperation = command.data;
  if (/^(1|true|\$true)$/i.test(command.properties.get("done") ?? "")) {
    // Bound now, so that an earlier attempt cannot end a retry.
    const { onDone } = step;
    setTimeout(() => onDone?.(), doneGraceMs).unref();
  }
}

/** Of a path of Windows too. */
function baseName(file: string): string {
  return path.win32.basename(file);
}

function attach(step: StepContext, type: string | undefined, name: string | undefined, given: string): void {
  const file = step.job.machine.system.machinePath(given);
  if (!type) throw new Error("Can't add task attachment, attachment type is not provided.");
  if (!name) throw new Error("Can't add task attachment, attachment name is not provided.");
  if (/[/\0]/.test(type)) throw new Error("Type contains invalid characters. (\0,/)");
  if (/[/\0]/.test(name)) throw new Error("Name contains invalid characters. (\0, /)");
  if (!fs.existsSync(file) || !fs.statSync(file).isFile()) {
    throw new Error(
      "Value cannot be null. (Parameter 'Cannot upload task attachment file, attachment file location is not specified or attachment file not exist on disk.')",
    );
  }
  step.uploads.push({ type, name, path: file });
}

function requireName(command: LoggingCommand, event: string): string {
  const name = command.properties.get("variable");
  if (name !== undefined) return name;
  const message = `Required field 'variable' is missing in ##vso[task.${event}] command.`;
  throw new Error(`Value cannot be null. (Parameter '${message}')`);
}

function rejectOverwrite(step: StepContext, variables: Variables, name: string, kind: string): void {
  if (!variables.isReadOnly(name)) return;
  const help =
    "See https://github.com/microsoft/azure-pipelines-yaml/blob/master/design/readonly-variables.md for details.";
  if (step.job.variables.get("agent.readOnlyVariables") === "true") {
    throw new Error(`Overwriting readonly ${kind} '${name}' is not permitted. ${help}`);
  }
  step.warning(`Overwriting readonly ${kind} '${name}'. This behavior will be disabled in the future. ${help}`);
}

function rejectMultiline(value: string): void {
  if (value.includes("\n")) throw new Error("Secrets cannot contain multiple lines");
}

function readFlags(command: LoggingCommand): { secret: boolean; readOnly: boolean; preserveCase: boolean } {
  return {
    secret: flag(command, "issecret"),
    readOnly: flag(command, "isreadonly"),
    preserveCase: flag(command, "preservecase"),
  };
}

/** .NET's Boolean.TryParse. */
function flag(command: LoggingCommand, name: string): boolean {
  return command.properties.get(name)?.trim().toLowerCase() === "true";
}
