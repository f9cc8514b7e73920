import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface TaskNode {
  readonly name: string;
  readonly path: string;
}

function taskNode(folder: string): TaskNode {
  const path = fileURLToPath(new URL(`../../node_modules/${folder}/bin/node`, import.meta.url));
  return { name: `Node ${execFileSync(path, ["--version"], { encoding: "utf8" }).trim().slice(1)}`, path };
}

/** The Node versions that agents run tasks on; each task test runs on both. */
export const taskNodes: readonly TaskNode[] = [taskNode("node20"), taskNode("node24")];
