import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../../lab/lab.ts";
import { bundleOf, job, manyFiles, manyTasks, writeFiles } from "../bundles/bundles.ts";
import { deployInputs } from "../harness.ts";
import { taskNodes } from "../nodes.ts";
import { withCheckout } from "./step.ts";

const fast = { environment: { DATABRICKS_RATE_LIMIT: "1000" } };

describe.each(taskNodes)("Bundles of all sizes and places on $name", ({ path: node }) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab(console.log);
  });

  afterAll(() => lab?.close());

  it("deploys a job with 100 tasks", () =>
    withCheckout(lab, node, manyTasks(100), async ({ run }) => {
      expect(await run()).toMatchObject({ result: "Succeeded", issues: [] });
      const wide = (await lab.workspace.jobs()).find((one) => one.name.endsWith("Wide"));
      expect(wide?.settings["tasks"]).toHaveLength(100);
    }));

  it("deploys 1,000 files, with the CLI's rate limit from the environment", () =>
    withCheckout(
      lab,
      node,
      manyFiles(1000),
      async ({ run }) => {
        const step = await run();
        expect(step).toMatchObject({ result: "Succeeded", issues: [] });
        const files = await lab.workspace.files();
        expect(files.filter((file) => /many-files.*\/data\/\d+\/file_\d+\.txt$/.test(file))).toHaveLength(1000);
        // At the CLI's own 15 requests a second it takes more than a minute.
        expect(step.durationMs).toBeLessThan(30_000);
      },
      fast,
    ));

  it("cuts a summary of many resources, and counts the rest", () => {
    const jobs = Array.from({ length: 210 }, (_, index) => job(`j${index}`, `J${index}`).replace("jobs:\n", ""));
    return withCheckout(
      lab,
      node,
      bundleOf("crowd", `jobs:\n${jobs.join("\n")}`),
      async ({ run }) => {
        const step = await run();
        expect(step.result).toBe("Succeeded");
        expect(step.summaries[0]?.content).toContain("… and 10 more.");
        expect(step.summaries[0]?.content.match(/\| jobs\.j\d+ \|/g)).toHaveLength(200);
        expect(step.summaries[0]?.content).toContain("Resources: 210 created");
      },
      fast,
    );
  });

  it("deploys several bundles and targets of one repository in one job", () =>
    withCheckout(lab, node, {}, async ({ job: { workingDirectory }, run }) => {
      const folders = ["teams/a/sales", "teams/b c/finance"];
      for (const folder of folders) {
        writeFiles(
          path.join(workingDirectory, folder),
          bundleOf(path.basename(folder), job("x", path.basename(folder))),
        );
      }
      for (const workingDirectory of folders) {
        for (const target of ["dev", "prod"]) {
          const step = await run({ workingDirectory, target });
          expect(step.outputs).toMatchObject({ bundleName: path.basename(workingDirectory), target });
        }
      }
      const names = (await lab.workspace.jobs()).map((one) => one.name);
      expect(names).toEqual(expect.arrayContaining(["sales", "finance", expect.stringMatching(/\[dev .*\] sales/)]));
    }));

  it("works in a classic release", () =>
    withCheckout(
      lab,
      node,
      bundleOf("hosted", job("x", "X")),
      async ({ run }) => {
        const step = await run();
        expect(step).toMatchObject({ result: "Succeeded", lostUploads: [] });
        expect(step.summaries).toHaveLength(1);
      },
      { job: { hostType: "release" } },
    ));

  it("finds its way without target and workspaceUrl", () =>
    withCheckout(lab, node, bundleOf("own", job("x", "X")), async ({ run, folder }) => {
      fs.appendFileSync(`${folder}/databricks.yml`, `workspace:\n  host: ${lab.workspace.url}\n`);
      const step = await run({ target: "", workspaceUrl: "", command: "plan" });
      expect(step.outputs).toMatchObject({ target: "dev", workspaceUrl: deployInputs(lab)["workspaceUrl"] });
    }));
});
