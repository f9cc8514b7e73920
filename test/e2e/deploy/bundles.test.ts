import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { bundleOf, job, manyFiles, manyTasks, writeFiles } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const fast = { environment: { DATABRICKS_RATE_LIMIT: "1000" } };

describe.each(taskNodes)("Bundles of all sizes and places on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  it("deploys a job with 100 tasks", async () => {
    const { run } = await checkout(manyTasks(100));
    expect(await run()).toMatchObject({ result: "Succeeded", issues: [] });
    const wide = (await lab.workspace.jobs()).find((one) => one.name.endsWith("Wide"));
    expect(wide?.settings["tasks"]).toHaveLength(100);
  });

  it("deploys 1,000 files, with the CLI's rate limit from the environment", async () => {
    const { run } = await checkout(manyFiles(1000), { agent: fast });
    const step = await run();
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    const files = await lab.workspace.files();
    expect(files.filter((file) => /many-files.*\/data\/\d+\/file_\d+\.txt$/.test(file))).toHaveLength(1000);
    // With the CLI's default of 15 requests per second it takes more than a minute.
    expect(step.durationMs).toBeLessThan(55_000);
  });

  it("cuts a summary of many resources, and counts the rest", async () => {
    const jobs = Array.from({ length: 210 }, (_, index) => job(`j${index}`, `J${index}`).replace("jobs:\n", ""));
    const { run } = await checkout(bundleOf("crowd", `jobs:\n${jobs.join("\n")}`), { agent: fast });
    const step = await run();
    expect(step.result).toBe("Succeeded");
    expect(step.page).toContain("… and 10 more.");
    expect(step.page?.match(/\| `jobs\.j\d+` \| deployed \|/g)).toHaveLength(200);
  });

  it("deploys several bundles and targets of one repository in one job", async () => {
    const {
      job: { workingDirectory },
      run,
    } = await checkout({});
    const folders = ["teams/a/sales", "teams/b c/finance"];
    for (const folder of folders) {
      writeFiles(path.join(workingDirectory, folder), bundleOf(path.basename(folder), job("x", path.basename(folder))));
    }
    for (const workingDirectory of folders) {
      for (const target of ["dev", "prod"]) {
        const step = await run({ workingDirectory, target });
        expect(step.outputs).toMatchObject({ bundleName: path.basename(workingDirectory), target });
      }
    }
    const names = (await lab.workspace.jobs()).map((one) => one.name);
    expect(names).toEqual(expect.arrayContaining(["sales", "finance", expect.stringMatching(/\[dev .*\] sales/)]));
  });

  it("works in a classic release", async () => {
    const { run } = await checkout(bundleOf("hosted", job("x", "X")), { job: { hostType: "release" } });
    const step = await run();
    expect(step).toMatchObject({ result: "Succeeded", lostUploads: [] });
    expect(step.summaries).toHaveLength(1);
  });

  it("uses the target and the host of the bundle without target and workspaceUrl", async () => {
    const { run, folder } = await checkout(bundleOf("own", job("x", "X")));
    fs.appendFileSync(`${folder}/databricks.yml`, `workspace:\n  host: ${lab.workspace.url}\n`);
    const step = await run({ target: "", workspaceUrl: "", command: "plan" });
    expect(step.outputs).toMatchObject({ target: "dev", workspaceUrl: lab.workspace.url });
  });
});
