import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type BundleFiles, bundleOf, job, manyFiles, manyTasks } from "../../test/e2e/bundles/bundles.ts";
import { taskNodes } from "../../test/e2e/nodes.ts";
import { startLabAgent } from "../../test/e2e/steps/agent.ts";
import { type Checkout, checkOut } from "../../test/e2e/steps/checkout.ts";
import { type Lab, startLab } from "../../test/lab/lab.ts";
import { root } from "../project.ts";
import { type BenchRow, interleavedMedians, wallMs } from "./measure.ts";

const built = path.join(root, "dist/extension/tasks/DatabricksBundleDeploy");
const ownTimeLimitMs = 350;
const growthLimit = 1.3;
const firstErrorLimit = 2.3;
const rounds = 7;

const smallest = bundleOf("smallest", job("only", "Only"));
const largest: BundleFiles = { ...manyFiles(1000), ...manyTasks(100) };

/** Measures the packaged deploy task against the lab: its own time beyond the CLI's, and the time to an input error. */
export async function benchDeploy(): Promise<BenchRow[]> {
  const lab = await startLab(console.log);
  try {
    const rows: BenchRow[] = [];
    for (const node of taskNodes) rows.push(...(await ownTime(lab, node)), await firstError(node));
    return rows;
  } finally {
    await lab.close();
  }
}

async function ownTime(lab: Lab, node: (typeof taskNodes)[number]): Promise<BenchRow[]> {
  const cli = await timedCli(lab);
  const environment = { PATH: `${cli.folder}:/usr/bin:/bin`, DATABRICKS_RATE_LIMIT: "1000" };
  const agents = [
    await startLabAgent(lab, node.path, { environment }),
    await startLabAgent(lab, node.path, { environment }),
  ];
  try {
    const [small, large] = [
      await checkOut(agents[0] as (typeof agents)[number], lab, smallest),
      await checkOut(agents[1] as (typeof agents)[number], lab, largest),
    ];
    const deploy = async ({ run }: Checkout) => {
      const before = cli.totalMs();
      const { durationMs, result } = await run();
      if (result !== "Succeeded") throw new Error(`A deploy ended in ${result}.`);
      return durationMs - (cli.totalMs() - before);
    };
    const own = await interleavedMedians({ small: () => deploy(small), large: () => deploy(large) }, rounds);
    const detail = `${own.large.toFixed(0)} ms with 1,000 files and 100 tasks, ${own.small.toFixed(0)} ms with one job`;
    return [
      { what: `deploy beyond the CLI, ${node.name}`, value: own.small, limit: ownTimeLimitMs, unit: "ms" },
      {
        what: `deploy beyond the CLI, largest bundle, ${node.name}`,
        value: own.large / own.small,
        limit: growthLimit,
        unit: "× the smallest",
        detail,
      },
    ];
  } finally {
    for (const agent of agents) await agent.dispose();
    fs.rmSync(cli.folder, { recursive: true, force: true });
  }
}

/** The lab's CLI, started by a script that adds up its run time. */
async function timedCli(lab: Lab): Promise<{ folder: string; totalMs(): number }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "timed-cli-"));
  const log = path.join(folder, "ns.log");
  const script = `#!/bin/sh
start=$(date +%s%N)
'${await lab.programs.cli()}' "$@"
code=$?
echo $(($(date +%s%N) - start)) >> '${log}'
exit $code
`;
  fs.writeFileSync(path.join(folder, "databricks"), script, { mode: 0o755 });
  fs.writeFileSync(log, "");
  const totalMs = () =>
    fs
      .readFileSync(log, "utf8")
      .split("\n")
      .reduce((sum, line) => sum + Number(line) / 1e6, 0);
  return { folder, totalMs };
}

async function firstError(node: (typeof taskNodes)[number]): Promise<BenchRow> {
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
    return {
      what: `start to first input error, ${node.name}`,
      value: task / empty,
      limit: firstErrorLimit,
      unit: "× an empty node",
      detail: `${task.toFixed(0)} ms against ${empty.toFixed(0)} ms`,
    };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
