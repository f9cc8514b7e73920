import path from "node:path";
import type { BundleFiles } from "../../test/e2e/bundles/bundles.ts";
import { taskNodes } from "../../test/e2e/nodes.ts";
import { type AgentSetup, startLabAgent } from "../../test/e2e/steps/agent.ts";
import { checkOut } from "../../test/e2e/steps/checkout.ts";
import type { Agent } from "../../test/lab/agent/agent.ts";
import { type Lab, startLab } from "../../test/lab/lab.ts";
import { largest, noRateLimit, smallest } from "./bundles.ts";
import { interleavedMedians } from "./measure.ts";
import type { Result } from "./results.ts";
import { createTimedCli, type TimedCli, totalMs } from "./timed-cli.ts";

const rounds = 7;

/**
 * Measures what the packaged deploy task takes beyond the CLI: with the smallest and the largest bundle, and with `against`,
 * the path of another package, also that of the other package.
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

async function ownTime(lab: Lab, node: (typeof taskNodes)[number], against?: string): Promise<Result[]> {
  const cli = await createTimedCli(lab);
  const agents: Agent[] = [];
  const deployer = async (files: BundleFiles, setup: AgentSetup = {}) => {
    const environment = { PATH: `${cli.folder}:/usr/bin:/bin`, ...noRateLimit };
    const agent = await startLabAgent(lab, node.path, { environment, ...setup });
    agents.push(agent);
    return ownTimeOf(await checkOut(agent, lab, files), cli);
  };
  try {
    const own = { small: await deployer(smallest), large: await deployer(largest) };
    if (against === undefined) return resultsOf(node.name, await interleavedMedians(own, rounds));
    const other = await deployer(smallest, { vsix: path.resolve(against) });
    return resultsOf(node.name, await interleavedMedians({ ...own, other }, rounds));
  } finally {
    for (const agent of agents) await agent.dispose();
    cli.remove();
  }
}

/** Deploys, and gives the time of the step without that of the CLI. */
function ownTimeOf({ run }: Awaited<ReturnType<typeof checkOut>>, cli: TimedCli): () => Promise<number> {
  return async () => {
    const before = totalMs(cli);
    const { durationMs, result, text } = await run();
    if (result !== "Succeeded") throw new Error(`A deploy ended in ${result}:\n${text}`);
    return durationMs - (totalMs(cli) - before);
  };
}

interface OwnTimes {
  readonly small: number;
  readonly large: number;
  /** That of another package, with the smallest bundle. */
  readonly other?: number;
}

function resultsOf(node: string, { small, large, other }: OwnTimes): Result[] {
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  return [
    { row: "deployOwnTime", node, value: small },
    { row: "deployLargest", node, value: large / small, detail: `${ms(large)} against ${ms(small)}` },
    other === undefined
      ? { row: "deployAgainst", node, leftOut: "no other package is given (--against)" }
      : { row: "deployAgainst", node, value: small / other, detail: `${ms(small)} against ${ms(other)}` },
  ];
}
