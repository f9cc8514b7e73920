import type { StepContext } from "../step/context.ts";
import { isCommandAllowed } from "../step/restrictions.ts";
import type { HostType } from "../types.ts";
import { buildCommands } from "./build.ts";
import { type CommandEffect, type LoggingCommand, parseCommand, unescapeCommand } from "./command.ts";
import { taskCommands } from "./task.ts";

const help = "Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)";

interface Area {
  readonly hosts: readonly HostType[];
  /** By lower-case event. */
  readonly commands: Readonly<Record<string, CommandEffect>>;
}

const allHosts: readonly HostType[] = ["build", "release", "deployment"];

const areas: Readonly<Record<string, Area>> = {
  task: { hosts: allHosts, commands: taskCommands },
  artifact: { hosts: allHosts, commands: buildCommands.artifact },
  build: { hosts: allHosts, commands: buildCommands.build },
  release: { hosts: ["release", "deployment"], commands: buildCommands.release },
  // Only Microsoft's own tasks publish telemetry; the agent drops it for all others.
  telemetry: { hosts: allHosts, commands: { publish: () => {} } },
  results: { hosts: allHosts, commands: { publish: notEmulated } },
  codecoverage: { hosts: allHosts, commands: { publish: notEmulated, enable: notEmulated } },
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
  const area = areas[command.area.toLowerCase()];
  if (area === undefined) {
    step.warning(`Cannot find command extension for ##vso[${command.area}.command]. ${help}`);
    return true;
  }
  const { hostType } = step.job;
  if (!area.hosts.includes(hostType)) {
    step.error(`${command.area} commands are not supported for ${hostType} flow. ${help}`);
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
      throw new Error(`##vso[${name}] is not a recognized command for ${command.area} command extension. ${help}.`);
    }
    if (isCommandAllowed(step.options.restrictions, name)) effect(step, command);
    else step.warning(`##vso[${name}] is not allowed in this step due to policy restrictions. ${help}`);
  } catch (error) {
    step.error(`Unable to process command '${line}' successfully. ${help}`);
    step.error(error instanceof Error ? error.message : String(error));
    step.failCommand();
  } finally {
    if (name !== "task.debug") step.debug(`Processed: ${unescapeCommand(line)}`);
  }
}

/** Fails the step, so that a command that is not emulated does not pass for done. */
function notEmulated(_step: StepContext, command: LoggingCommand): void {
  throw new Error(`##vso[${command.area}.${command.event}] is not emulated.`);
}
