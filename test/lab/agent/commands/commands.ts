import type { StepContext } from "../step/context.ts";
import { isCommandAllowed } from "../step/restrictions.ts";
import type { HostType } from "../types.ts";
import { BUILD_COMMANDS, type CommandEffect } from "./build.ts";
import { type LoggingCommand, parseCommand, unescapeCommand } from "./parser.ts";
import { TASK_COMMANDS } from "./task.ts";

const HELP = "Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)";

interface Area {
  readonly hosts: readonly HostType[];
  /** By lower-case event. */
  readonly commands: Readonly<Record<string, CommandEffect>>;
}

const ALL_HOSTS: readonly HostType[] = ["build", "release", "deployment"];

const AREAS: Readonly<Record<string, Area>> = {
  task: { hosts: ALL_HOSTS, commands: TASK_COMMANDS },
  artifact: { hosts: ALL_HOSTS, commands: BUILD_COMMANDS.artifact },
  build: { hosts: ALL_HOSTS, commands: BUILD_COMMANDS.build },
  release: { hosts: ["release", "deployment"], commands: BUILD_COMMANDS.release },
  // Only Microsoft's own tasks publish telemetry; the agent drops it for all others.
  telemetry: { hosts: ALL_HOSTS, commands: { publish: () => {} } },
  results: { hosts: ALL_HOSTS, commands: { publish: notEmulated } },
  codecoverage: { hosts: ALL_HOSTS, commands: { publish: notEmulated, enable: notEmulated } },
};

/** Executes the logging command in a line, if there is one. False: the line is to be shown (agent: WorkerCommandManager.cs). */
export function processCommand(step: StepContext, line: string): boolean {
  const command = parseCommand(line);
  if (command === undefined) {
    if (line.includes("##vso")) {
      step.warning(
        `'${line}' contains logging command keyword '##vso', but it's not a legal command. ` +
          "Please see the list of accepted commands: https://go.microsoft.com/fwlink/?LinkId=817296",
      );
    }
    return false;
  }
  const area = AREAS[command.area.toLowerCase()];
  if (area === undefined) {
    step.warning(`Cannot find command extension for ##vso[${command.area}.command]. ${HELP}`);
    return true;
  }
  const { hostType } = step.job;
  if (!area.hosts.includes(hostType)) {
    step.error(`${command.area} commands are not supported for ${hostType} flow. ${HELP}`);
    step.failCommand();
    return false;
  }
  execute(step, area, command, line);
  return true;
}

function execute(step: StepContext, area: Area, command: LoggingCommand, line: string): void {
  const name = `${command.area}.${command.event}`.toLowerCase();
  try {
    const effect = area.commands[command.event.toLowerCase()];
    if (effect === undefined) {
      throw new Error(`##vso[${name}] is not a recognized command for ${command.area} command extension. ${HELP}.`);
    }
    if (isCommandAllowed(step.options.restrictions, name)) effect(step, command);
    else step.warning(`##vso[${name}] is not allowed in this step due to policy restrictions. ${HELP}`);
  } catch (error) {
    step.error(`Unable to process command '${line}' successfully. ${HELP}`);
    step.error(error instanceof Error ? error.message : String(error));
    step.failCommand();
  } finally {
    if (name !== "task.debug") step.debug(`Processed: ${unescapeCommand(line)}`);
  }
}

/** Fails the step, so that nobody takes a command for done that the emulator does not know. */
function notEmulated(_step: StepContext, command: LoggingCommand): void {
  throw new Error(`##vso[${command.area}.${command.event}] is not emulated.`);
}
