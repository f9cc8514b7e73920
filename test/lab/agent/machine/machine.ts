import fs from "node:fs";
import { windowsAgents } from "../../agents.ts";
import type { AgentSettings } from "../types.ts";
import { type AgentFolders, createAgentFolders, installNode } from "./layout.ts";
import { linux, type System, windows } from "./system.ts";
import { type InstalledTask, installTasks } from "./tasks.ts";

/** What an agent keeps between jobs. */
export interface Machine {
  readonly system: System;
  readonly folders: AgentFolders;
  /** The agent process's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly node: { readonly path: string; readonly major: number };
  readonly tasks: readonly InstalledTask[];
  /** Whether a task is unpacked again before each step. */
  readonly alwaysExtractsTasks: boolean;
  /** File of the CA in the machine's own trust store. Programs on Linux use the agent's file instead. */
  readonly trustedCa: string | undefined;
}

/** Creates an agent's folders with its Node and its tasks. Throws, and leaves no folder, when the package is not usable. */
export function setUpMachine(settings: AgentSettings): Machine {
  const folders = createAgentFolders(settings.toolsDirectory);
  const system = windowsAgents ? windows : linux;
  const environment = { ...system.baseEnvironment(folders.home), ...settings.environment };
  try {
    for (const name of ["TEMP", "APPDATA", "LOCALAPPDATA"]) {
      if (environment[name]?.startsWith(folders.home)) fs.mkdirSync(environment[name], { recursive: true });
    }
    return {
      system,
      folders,
      environment,
      node: installNode(folders.root, settings.node, system.nodeVersion(settings.node)),
      tasks: installTasks(settings.vsix, folders.tasks),
      alwaysExtractsTasks: settings.verifySignatures === true,
      trustedCa: settings.trustCa === false ? undefined : settings.caFile,
    };
  } catch (error) {
    removeMachine(folders);
    throw error;
  }
}

/** Removes the agent's folder. A tools folder outside it stays. */
export function removeMachine(folders: AgentFolders): void {
  fs.rmSync(folders.root, { recursive: true, force: true, maxRetries: 3 });
}
