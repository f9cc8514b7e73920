import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { HostType } from "../types.ts";

/** An agent's folders (agent: Constants.cs, WellKnownDirectory). */
export interface AgentFolders {
  readonly root: string;
  readonly home: string;
  readonly work: string;
  readonly temp: string;
  readonly tasks: string;
  readonly tools: string;
}

/** A job's folders. A release or deployment-group job has no sources. */
export interface JobFolders {
  readonly workspace: string;
  readonly sources: string;
  readonly artifacts: string;
  readonly binaries: string;
  readonly testResults: string;
  readonly defaultWorking: string;
}

export function createAgentFolders(toolsDirectory: string | undefined): AgentFolders {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "agent-"));
  const work = path.join(root, "_work");
  const folders: AgentFolders = {
    root,
    home: path.join(root, "home"),
    work,
    temp: path.join(work, "_temp"),
    tasks: path.join(work, "_tasks"),
    tools: path.resolve(toolsDirectory ?? path.join(work, "_tool")),
  };
  for (const folder of Object.values(folders)) fs.mkdirSync(folder, { recursive: true });
  return folders;
}

/** Creates a job's folders where they are missing; agents keep them between jobs. */
export function createJobFolders(work: string, hostType: HostType): JobFolders {
  const isBuild = hostType === "build";
  const workspace = path.join(work, isBuild ? "1" : "r1");
  const sources = path.join(workspace, "s");
  const artifacts = path.join(workspace, "a");
  const folders: JobFolders = {
    workspace,
    sources,
    artifacts,
    binaries: path.join(workspace, "b"),
    testResults: path.join(workspace, "TestResults"),
    defaultWorking: isBuild ? sources : artifacts,
  };
  for (const folder of isBuild ? Object.values(folders) : [artifacts]) fs.mkdirSync(folder, { recursive: true });
  return folders;
}

/** Puts a Node binary of this version where the agent keeps its own; gives its path there and its major version. */
export function installNode(root: string, node: string, version: string): { path: string; major: number } {
  const major = Number(/^\d+/.exec(version)?.[0]);
  // agent: externals.sh; the odd name is the second Node 20 folder that agents ever had.
  const folder = path.join(root, "externals", major === 20 ? "node20_1" : `node${major}`, "bin");
  fs.mkdirSync(folder, { recursive: true });
  const installed = path.join(folder, path.basename(node));
  fs.symlinkSync(path.resolve(node), installed);
  return { path: installed, major };
}
