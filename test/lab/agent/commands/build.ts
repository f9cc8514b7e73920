import fs from "node:fs";
import type { StepContext } from "../step/context.ts";
import type { CommandEffect, LoggingCommand } from "./command.ts";

/** Commands that change a build or release on the server: checked as the agent checks them, without effect here. */
export const buildCommands: Record<"artifact" | "build" | "release", Record<string, CommandEffect>> = {
  artifact: {
    associate: (_step, command) => requireProperty(command, "artifactname"),
    upload: (step, command) => {
      if (step.job.hostType !== "build") {
        throw new Error(`Uploading server artifact is not supported in ${step.job.hostType}.`);
      }
      requireProperty(command, "artifactname");
      requirePath(command);
    },
  },
  build: {
    addbuildtag: requireBuild,
    updatebuildnumber: requireBuild,
    uploadlog: (step, command) => {
      requireBuild(step, command);
      requirePath(command);
    },
  },
  release: {
    updatereleasename: (_step, command) => {
      if (command.data === "") throw new Error("Release name is required.");
    },
  },
};

function requireBuild(step: StepContext, command: LoggingCommand): void {
  if (step.job.variables.get("build.buildId") === undefined) {
    throw new Error("Value cannot be null. (Parameter 'BuildId')");
  }
  if (command.data === "") throw new Error(`${command.area}.${command.event} needs data.`);
}

function requireProperty(command: LoggingCommand, name: string): void {
  if (!command.properties.has(name)) throw new Error(`Required field '${name}' is missing.`);
}

function requirePath(command: LoggingCommand): void {
  if (!fs.existsSync(command.data)) throw new Error(`Path does not exist: ${command.data}`);
}
