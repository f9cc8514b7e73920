import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type TaskNode, taskNodes } from "../../test/e2e/nodes.ts";
import { root } from "../project.ts";
import { interleavedMedians, wallMs } from "./measure.ts";
import type { Result } from "./results.ts";

const built = path.join(root, "dist/extension/tasks/DatabricksBundleDeploy");

/** Measures how long the packaged deploy task takes until it fails on its inputs, against an empty script. */
export async function benchFirstError(): Promise<Result[]> {
  const results: Result[] = [];
  for (const node of taskNodes) results.push(await firstError(node));
  return results;
}

async function firstError(node: TaskNode): Promise<Result> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-deploy-"));
  try {
    // Agents run tasks outside of any package.
    fs.cpSync(built, path.join(folder, "task"), { recursive: true });
    fs.writeFileSync(path.join(folder, "empty.js"), "");
    const environment = {
      PATH: "/usr/bin:/bin",
      HOME: folder,
      AGENT_VERSION: "4.265.1",
      AGENT_TEMPDIRECTORY: folder,
      SYSTEM_DEFAULTWORKINGDIRECTORY: folder,
    };
    const start = (script: string, expected = "") => {
      const command = { executable: node.path, arguments: [path.join(folder, script)] };
      return wallMs({ ...command, environment, workingDirectory: folder }, expected);
    };
    const { task, empty } = await interleavedMedians({
      task: () => start("task/index.js", "result=Failed"),
      empty: () => start("empty.js"),
    });
    const detail = `${task.toFixed(0)} ms against ${empty.toFixed(0)} ms`;
    return { row: "firstError", node: node.name, value: task / empty, detail };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
