import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { bundleOf, job, writeFiles } from "../../test/e2e/bundles/bundles.ts";
import { newestNode } from "../../test/e2e/nodes.ts";
import { startLabAgent } from "../../test/e2e/steps/agent.ts";
import { checkOut } from "../../test/e2e/steps/checkout.ts";
import { type Lab, startLab } from "../../test/lab/lab.ts";
import { noRateLimit } from "./bundles.ts";
import type { Result } from "./results.ts";
import { monorepo } from "./rows.ts";

const { bundles, changed: changedBundles } = monorepo;
const filesOfBundle = 20;
const jobsOfBundle = 5;
/** The shortest time of a request to the workspace: the way from an agent to a workspace of the same region and back. */
const requestMs = 30;

/** Thirty bundles in one repository, of which two have changed: what their steps take with `changedSince`, and without it. */
export async function benchMonorepo(): Promise<Result[]> {
  const lab = await startLab(console.log);
  const repository = fs.mkdtempSync(path.join(os.tmpdir(), "monorepo-"));
  try {
    writeRepository(repository);
    await runAll(lab, repository, noRateLimit, {});
    lab.workspace.fault({}, { delayMs: requestMs }, Number.POSITIVE_INFINITY);
    const all = await runAll(lab, repository, {}, {});
    const changed = await runAll(lab, repository, {}, { changedSince: "deployed" });
    if (changed.skipped !== bundles - changedBundles) throw new Error(`${changed.skipped} bundles were skipped.`);
    return [
      {
        row: "monorepoTime",
        value: changed.ms / all.ms,
        detail: `${(changed.ms / 1000).toFixed(1)} s against ${(all.ms / 1000).toFixed(1)} s`,
      },
      {
        row: "monorepoRequests",
        value: changed.requests / all.requests,
        detail: `${changed.requests} against ${all.requests}`,
      },
    ];
  } finally {
    fs.rmSync(repository, { recursive: true });
    await lab.close();
  }
}

const jobs = (bundle: number) =>
  `jobs:${Array.from({ length: jobsOfBundle }, (_, index) => job(`job_${index}`, `Job ${bundle}.${index}`).replace("jobs:", "")).join("")}`;

const folderOf = (index: number) => `bundles/b${index}`;

function writeRepository(folder: string): void {
  const git = (...command: string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=A", "-c", "user.email=a@example.com", ...command]);
  for (let index = 0; index < bundles; index++) {
    const data = Array.from({ length: filesOfBundle }, (_, file) => [`src/module_${file}.py`, `value = ${file}\n`]);
    writeFiles(path.join(folder, folderOf(index)), {
      ...bundleOf(`b${index}`, jobs(index)),
      ...Object.fromEntries(data),
    });
  }
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", "deployed");
  git("tag", "deployed");
  for (let index = 0; index < changedBundles; index++) {
    fs.appendFileSync(path.join(folder, folderOf(index), "src/module_0.py"), "changed = True\n");
  }
  git("commit", "--quiet", "--all", "--message", "changed");
}

/** One step for each bundle, in one job of a new agent. */
async function runAll(
  lab: Lab,
  repository: string,
  environment: Record<string, string>,
  inputs: Record<string, string>,
) {
  const node = newestNode.path;
  const cli = path.dirname(await lab.programs.cli());
  const agent = await startLabAgent(lab, node, { environment: { PATH: `${cli}:/usr/bin:/bin`, ...environment } });
  const requests = () => lab.workspace.requests.length + lab.azureDevOps.requests.length + lab.entra.requests.length;
  try {
    const { job, run } = await checkOut(agent, lab, {});
    fs.cpSync(repository, job.workingDirectory, { recursive: true });
    const before = requests();
    let ms = 0;
    let skipped = 0;
    for (let index = 0; index < bundles; index++) {
      const step = await run({ target: "prod", workingDirectory: folderOf(index), ...inputs });
      if (step.result !== "Succeeded") throw new Error(`A deploy ended in ${step.result}:\n${step.text}`);
      ms += step.durationMs;
      if (step.outputs["skipped"] === "true") skipped += 1;
    }
    return { ms, skipped, requests: requests() - before };
  } finally {
    await agent.dispose();
  }
}
