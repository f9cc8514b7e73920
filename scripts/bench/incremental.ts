import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type BundleFiles, bundleOf, job, manyFiles, writeFiles } from "../../test/e2e/bundles/bundles.ts";
import { newestNode } from "../../test/e2e/nodes.ts";
import { type AgentSetup, startLabAgent } from "../../test/e2e/steps/agent.ts";
import { checkOut } from "../../test/e2e/steps/checkout.ts";
import { type Lab, startLab } from "../../test/lab/lab.ts";
import { noRateLimit } from "./bundles.ts";
import { cliAlone } from "./cli-alone.ts";
import { interleavedMedians, median } from "./measure.ts";
import type { Result } from "./results.ts";

const deploys = 5;
/** For steps that only prepare a measurement. */
const fast: AgentSetup = { environment: noRateLimit };

/** Measures what carrying the uploaded files from one agent to the next saves, and what it costs. */
export async function benchIncremental(): Promise<Result[]> {
  const lab = await startLab(console.log);
  try {
    return [await changedFile(lab), await smallBundle(lab)];
  } finally {
    await lab.close();
  }
}

/** One of 1,000 files has changed: the whole step on a new agent, against the CLI by itself in a new folder. */
async function changedFile(lab: Lab): Promise<Result> {
  const alone = await deployAlone(lab, manyFiles(1000));
  const deploy = await deployer(lab, fast, manyFiles(1000));
  await deploy({});
  const measured = await deployer(lab, {}, manyFiles(1000));
  const times: number[] = [];
  for (let round = 0; round < deploys; round++) {
    const { durationMs, text } = await measured({ "data/0/file_0.txt": `changed ${round}\n` });
    if (!/^Files: 1 of 1,\d+ changed/m.test(text)) throw new Error(`Not one file was uploaded:\n${text}`);
    times.push(durationMs);
  }
  const ours = median(times);
  return {
    row: "changedFile",
    value: ours / alone,
    detail: `${(ours / 1000).toFixed(2)} s against ${(alone / 1000).toFixed(1)} s`,
  };
}

/** A bundle of five files, deployed again without a change: with and without `incremental`. */
async function smallBundle(lab: Lab): Promise<Result> {
  const five: BundleFiles = { ...bundleOf("five", job("only", "Only")), "a.txt": "a", "b.txt": "b", "c.txt": "c" };
  const deploy = await deployer(lab, {}, five);
  const { on, off } = await interleavedMedians(
    {
      on: async () => (await deploy({})).durationMs,
      off: async () => (await deploy({}, { incremental: "false" })).durationMs,
    },
    deploys,
  );
  return {
    row: "fiveFiles",
    value: on / off,
    detail: `${on.toFixed(0)} ms against ${off.toFixed(0)} ms`,
  };
}

/** Deploys a bundle, with some files changed, from a new folder each time. */
async function deployer(lab: Lab, setup: AgentSetup, files: BundleFiles) {
  let checkouts = 0;
  return async (changed: BundleFiles, inputs: Record<string, string> = {}) => {
    const agent = await startLabAgent(lab, newestNode.path, setup);
    try {
      const { run } = await checkOut(agent, lab, { ...files, ...changed }, { at: `checkout-${checkouts++}` });
      const step = await run({ target: "prod", ...inputs });
      if (step.result !== "Succeeded") throw new Error(`A deploy ended in ${step.result}:\n${step.text}`);
      return step;
    } finally {
      await agent.dispose();
    }
  };
}

/** How long the CLI takes by itself to deploy a bundle again from a new folder, in milliseconds. */
async function deployAlone(lab: Lab, files: BundleFiles): Promise<number> {
  const run = await cliAlone(lab);
  async function deploy(more: Record<string, string>): Promise<number> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cli-alone-"));
    try {
      writeFiles(folder, files);
      return await run(folder, "bundle deploy --target prod", more);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  }
  await deploy(noRateLimit);
  return deploy({});
}
