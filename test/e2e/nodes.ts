import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { windowsAgents } from "../lab/agents.ts";
import { cliVersions } from "../lab/databricks/build.ts";
import { windowsNodes } from "../lab/wine/programs.ts";

export interface TaskNode {
  readonly name: string;
  readonly path: string;
}

function taskNode(folder: string): TaskNode {
  const path = fileURLToPath(new URL(`../../node_modules/${folder}/bin/node`, import.meta.url));
  return { name: `Node ${execFileSync(path, ["--version"], { encoding: "utf8" }).trim().slice(1)}`, path };
}

/** The Node versions that agents run tasks on. Under Wine, those for Windows that it can run. */
export const taskNodes: readonly TaskNode[] = windowsAgents
  ? windowsNodes().map(({ path, version }) => ({ name: `Node ${version} for Windows`, path }))
  : [taskNode("node20"), taskNode("node24")];

const none: TaskNode = { name: "no Node", path: "" };

/**
 * For tests of texts and decisions, and of what takes long and other tests show on each version: one version is enough. Tests of
 * processes, signals, files and connections use all.
 */
export const oldestNode = taskNodes.at(0) ?? none;
export const newestNode = taskNodes.at(-1) ?? none;

/**
 * For tests of what the CLI reads and writes: each Node version, and each version of the CLI that the lab builds, at least once.
 * With DATABRICKS_CLI_PATH, all use that CLI.
 */
export const taskNodesWithCli: readonly (TaskNode & { readonly cli: string })[] = taskNodes.map((node, index) => {
  const cli = cliVersions[index % cliVersions.length] ?? cliVersions[0];
  return { ...node, cli, name: `${node.name} with CLI ${cli}` };
});
