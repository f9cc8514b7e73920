import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type TaskNode, taskNodes } from "../../test/e2e/nodes.ts";
import { createCertificateAuthority } from "../../test/lab/certificates.ts";
import { buildDatabricks } from "../../test/lab/databricks/build.ts";
import { archiveName, startReleases, sumsName, thisPlatform } from "../../test/lab/releases/releases.ts";
import { root } from "../project.ts";
import { type Command, interleavedMedians, wallMs } from "./measure.ts";
import type { Result } from "./results.ts";

const built = path.join(root, "dist/extension/tasks/DatabricksCliInstaller");
const version = "1.11.0";

/** Measures the packaged installer with the real CLI: cached against an empty script, cold against the system's tools. */
export async function benchInstaller(): Promise<Result[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-installer-"));
  const authority = await createCertificateAuthority(folder);
  const releases = await startReleases({ certificate: await authority.issue(["localhost"]) });
  try {
    await releases.add({ version, executable: await (await buildDatabricks({ log: console.log })).cli(version) });
    // Agents run tasks outside of any package.
    fs.cpSync(built, path.join(folder, "task"), { recursive: true });
    const results: Result[] = [];
    for (const node of taskNodes) results.push(...(await benchNode(node, folder, releases.plainMirrorUrl)));
    return results;
  } finally {
    await releases.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function benchNode(node: TaskNode, folder: string, mirror: string): Promise<Result[]> {
  const empty = path.join(folder, "empty.js");
  fs.writeFileSync(empty, "");
  const task = path.join(folder, "task", "index.js");
  const warm = installation([node.path, task], path.join(folder, `warm-${node.name}`), mirror);
  const cold = installation([node.path, task], path.join(folder, `cold-${node.name}`), mirror);
  const byHand = systemTools(path.join(folder, `hand-${node.name}`), mirror);
  // A version is verified in full until its file is two seconds old.
  await wallMs(warm.command, succeeded);
  await new Promise((resolve) => setTimeout(resolve, 2_500));

  const start = await interleavedMedians({
    empty: () => wallMs({ ...warm.command, arguments: [empty] }),
    cached: () => wallMs(warm.command, succeeded),
  });
  const cached: Result = { row: "installerCached", node: node.name, ...ratio(start.cached, start.empty) };
  const missing = byHand.missing();
  if (missing.length > 0) {
    const leftOut = `not installed here: ${missing.join(", ")}`;
    return [cached, { row: "installerCold", node: node.name, leftOut }];
  }
  const whole = await interleavedMedians({
    task: () => {
      cold.clear();
      return wallMs(cold.command, succeeded);
    },
    tools: () => byHand.wallMs(),
  });
  return [cached, { row: "installerCold", node: node.name, ...ratio(whole.task, whole.tools) }];
}

/** A task that fails exits with 0 too. */
const succeeded = "result=Succeeded";

function ratio(ours: number, theirs: number): { value: number; detail: string } {
  return { value: ours / theirs, detail: `${ours.toFixed(0)} ms against ${theirs.toFixed(0)} ms` };
}

/** The task with an agent's environment and its own folders. */
function installation(
  [node, task]: readonly [string, string],
  folder: string,
  mirror: string,
): { command: Command; clear: () => void } {
  const [tools, temp] = [path.join(folder, "tools"), path.join(folder, "temp")];
  for (const one of [tools, temp]) fs.mkdirSync(one, { recursive: true });
  const environment = {
    PATH: "/usr/bin:/bin",
    HOME: folder,
    AGENT_OS: { linux: "Linux", darwin: "Darwin", win32: "Windows_NT" }[process.platform as string] ?? process.platform,
    AGENT_OSARCHITECTURE: process.arch.toUpperCase(),
    AGENT_VERSION: "4.265.1",
    AGENT_TEMPDIRECTORY: temp,
    AGENT_TOOLSDIRECTORY: tools,
    SYSTEM_DEFAULTWORKINGDIRECTORY: folder,
    INPUT_VERSION: version,
    INPUT_DOWNLOADURL: mirror,
    INPUT_REUSEINSTALLED: "true",
  };
  const clear = () => fs.rmSync(path.join(tools, "databricks"), { recursive: true, force: true });
  return { command: { executable: node, arguments: [task], environment, workingDirectory: folder }, clear };
}

/** What pipelines do without the task: download, verify, unpack. */
function systemTools(folder: string, mirror: string) {
  fs.mkdirSync(folder, { recursive: true });
  const base = `${mirror}/v${version}`;
  const [archive, sums] = [archiveName(version, thisPlatform), sumsName(version)];
  const commands = [
    ["curl", "-fsSL", "--remote-name-all", `${base}/${archive}`, `${base}/${sums}`],
    ["sha256sum", "--check", "--ignore-missing", "--quiet", sums],
    ["unzip", "-q", "-o", archive, "databricks"],
  ];
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  const exists = (name: string) => folders.some((one) => fs.existsSync(path.join(one, name)));
  return {
    missing: () => commands.flatMap(([name = ""]) => (exists(name) ? [] : [name])),
    wallMs: async () => {
      let total = 0;
      for (const [executable = "", ...rest] of commands) {
        total += await wallMs({ executable, arguments: rest, workingDirectory: folder });
      }
      return total;
    },
  };
}
