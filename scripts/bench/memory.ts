import fs from "node:fs";
import type { BundleFiles } from "../../test/e2e/bundles/bundles.ts";
import { taskNodes } from "../../test/e2e/nodes.ts";
import { startLabAgent } from "../../test/e2e/steps/agent.ts";
import { type Checkout, checkOut } from "../../test/e2e/steps/checkout.ts";
import { type Lab, startLab } from "../../test/lab/lab.ts";
import { largest, noRateLimit, smallest } from "./bundles.ts";
import { median } from "./measure.ts";
import type { Result } from "./results.ts";

const deploys = 3;
const pollMs = 5;

/** Measures the peak memory of the deploy task's own process, with the smallest and the largest bundle. */
export async function benchMemory(): Promise<Result[]> {
  const lab = await startLab(console.log);
  try {
    const results: Result[] = [];
    for (const { name: node, path } of taskNodes) {
      results.push({ row: "memorySmallest", node, value: await peakMemory(lab, path, smallest) });
      results.push({ row: "memoryLargest", node, value: await peakMemory(lab, path, largest) });
    }
    return results;
  } finally {
    await lab.close();
  }
}

async function peakMemory(lab: Lab, node: string, files: BundleFiles): Promise<number> {
  const agent = await startLabAgent(lab, node, { environment: noRateLimit });
  try {
    const { run } = await checkOut(agent, lab, files);
    const peaks: number[] = [];
    for (let deploy = 0; deploy < deploys; deploy++) peaks.push(await peakOf(run));
    return median(peaks);
  } finally {
    await agent.dispose();
  }
}

/** Reads the peak that Linux keeps for the process again and again, because it is gone with the process. In MB. */
async function peakOf(run: Checkout["run"]): Promise<number> {
  let peak = 0;
  let timer: NodeJS.Timeout | undefined;
  const onStart = (pid: number) => {
    timer = setInterval(() => {
      peak = Math.max(peak, peakOfProcess(pid));
    }, pollMs);
  };
  const { result, text } = await run({}, { onStart });
  clearInterval(timer);
  if (result !== "Succeeded") throw new Error(`A deploy ended in ${result}:\n${text}`);
  return peak;
}

function peakOfProcess(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
