import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
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
  const root = mkdtempSync(join(tmpdir(), "agent-"));
  const work = join(root, "_work");
  const folders: AgentFolders = {
    root,
    home: join(root, "home"),
    work,
    temp: join(work, "_temp"),
    tasks: join(work, "_tasks"),
    tools: resolve(toolsDirectory ?? join(work, "_tool")),
  };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  return folders;
}

/** Creates a job's folders where they are missing; agents keep them between jobs. */
export function createJobFolders(work: string, hostType: HostType): JobFolders {
  const isBuild = hostType === "build";
  const workspace = join(work, isBuild ? "1" : "r1");
  const sources = join(workspace, "s");
  const artifacts = join(workspace, "a");
  const folders: JobFolders = {
    workspace,
    sources,
    artifacts,
    binaries: join(workspace, "b"),
    testResults: join(workspace, "TestResults"),
    defaultWorking: isBuild ? sources : artifacts,
  };
  for (const folder of isBuild ? Object.values(folders) : [artifacts]) mkdirSync(folder, { recursive: true });
  return folders;
}

/** Puts a Node binary where the agent keeps its own; gives its path there and its major version. */
export function installNode(root: string, node: string): { path: string; major: number } {
  const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
  const major = Number(/^v(\d+)\./.exec(version)?.[1]);
  // agent: externals.sh; the odd name is the second Node 20 folder that agents ever had.
  const folder = join(root, "externals", major === 20 ? "node20_1" : `node${major}`, "bin");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "node");
  symlinkSync(resolve(node), path);
  return { path, major };
}
