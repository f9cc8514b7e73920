import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type BundleFiles, writeFiles } from "../../test/e2e/bundles/bundles.ts";
import { type TaskNode, taskNodes } from "../../test/e2e/nodes.ts";
import { type AgentSetup, startLabAgent } from "../../test/e2e/steps/agent.ts";
import { checkOut } from "../../test/e2e/steps/checkout.ts";
import type { Agent } from "../../test/lab/agent/agent.ts";
import { type Lab, startLab } from "../../test/lab/lab.ts";
import { largest, noRateLimit, smallest } from "./bundles.ts";
import { cliAlone } from "./cli-alone.ts";
import { interleavedMedians } from "./measure.ts";
import type { Result } from "./results.ts";

const rounds = 7;

/**
 * Measures what a step of the packaged deploy task takes beyond the commands of the CLI that it runs: with the smallest and the
 * largest bundle, and with `against`, the path of another package, also that of the other package.
 */
export async function benchDeploy(against?: string): Promise<Result[]> {
  const lab = await startLab(console.log);
  try {
    const results: Result[] = [];
    for (const node of taskNodes) results.push(...(await ownTime(lab, node, against)));
    return results;
  } finally {
    await lab.close();
  }
}

async function ownTime(lab: Lab, node: TaskNode, against?: string): Promise<Result[]> {
  const alone = await cliAlone(lab);
  const agents: Agent[] = [];
  const folders: string[] = [];
  const step = async (files: BundleFiles, setup: AgentSetup = {}) => {
    const agent = await startLabAgent(lab, node.path, { environment: noRateLimit, ...setup });
    agents.push(agent);
    const { run } = await checkOut(agent, lab, files);
    return async () => {
      const { durationMs, result, text } = await run();
      if (result !== "Succeeded") throw new Error(`A deploy ended in ${result}:\n${text}`);
      return durationMs;
    };
  };
  /** Both commands of the CLI that a step runs, in a folder of their own. */
  const cli = (files: BundleFiles) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "deploy-alone-"));
    folders.push(folder);
    writeFiles(folder, files);
    return async () =>
      (await alone(folder, "bundle deploy --target dev", noRateLimit)) +
      (await alone(folder, "bundle summary --target dev --output json", noRateLimit));
  };
  try {
    const measured = {
      small: await step(smallest),
      smallAlone: cli(smallest),
      large: await step(largest),
      largeAlone: cli(largest),
    };
    if (against === undefined) return resultsOf(node.name, await interleavedMedians(measured, rounds));
    const other = await step(smallest, { vsix: path.resolve(against) });
    return resultsOf(node.name, await interleavedMedians({ ...measured, other }, rounds));
  } finally {
    for (const agent of agents) await agent.dispose();
    for (const folder of folders) fs.rmSync(folder, { recursive: true });
  }
}

/** Milliseconds of deploy steps, and of the CLI by itself. */
interface Times {
  readonly small: number;
  readonly smallAlone: number;
  readonly large: number;
  readonly largeAlone: number;
  /** A step of another package, with the smallest bundle. */
  readonly other?: number;
}

function resultsOf(node: string, times: Times): Result[] {
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const [small, large] = [times.small - times.smallAlone, times.large - times.largeAlone];
  const other = times.other && times.other - times.smallAlone;
  return [
    { row: "deployOwnTime", node, value: small },
    { row: "deployLargest", node, value: large / small, detail: `${ms(large)} against ${ms(small)}` },
    other === undefined
      ? { row: "deployAgainst", node, leftOut: "no other package is given (--against)" }
      : { row: "deployAgainst", node, value: small / other, detail: `${ms(small)} against ${ms(other)}` },
  ];
}
