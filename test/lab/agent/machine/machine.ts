import fs from "node:fs";
import type { AgentSettings } from "../types.ts";
import { type AgentFolders, createAgentFolders, installNode } from "./layout.ts";
import { type InstalledTask, installTasks } from "./tasks.ts";

/** What an agent keeps between jobs. */
export interface Machine {
  readonly folders: AgentFolders;
  /** The agent process's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly node: { readonly path: string; readonly major: number };
  readonly tasks: readonly InstalledTask[];
  /** Whether a task is unpacked again before each step. */
  readonly alwaysExtractsTasks: boolean;
}

/** Creates an agent's folders with its Node and its tasks. Throws, and leaves no folder, when the package is not usable. */
export function setUpMachine(settings: AgentSettings): Machine {
  const folders = createAgentFolders(settings.toolsDirectory);
  try {
    return {
      folders,
      environment: { ...baseEnvironment(folders.home), ...settings.environment },
      node: installNode(folders.root, settings.node),
      tasks: installTasks(settings.vsix, folders.tasks),
      alwaysExtractsTasks: settings.verifySignatures === true,
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

/** What an agent's service account has: PATH without npm's additions, and nothing else of the lab's own environment. */
function baseEnvironment(home: string): Record<string, string> {
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("/node_modules/"));
  return { PATH: folders.join(":"), HOME: home, LANG: "C.UTF-8" };
}
