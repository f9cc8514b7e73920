import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../../lab/lab.ts";
import { bundleOf, job } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { errorsOf, notedCli, withCheckout } from "./step.ts";

const twoJobs = bundleOf("flags", `${job("a", "A")}\n${job("b", "B").replace("jobs:\n", "")}`);

describe.each(taskNodes)("Arguments and flags on $name", ({ path: node }) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab(console.log);
  });

  afterAll(() => lab?.close());

  it("makes warnings errors with --strict", () =>
    withCheckout(lab, node, bundleOf("warned", `${job("a", "A")}\n    nonsense: 1`), async ({ run }) => {
      expect((await run({ command: "validate" })).result).toBe("Succeeded");
      const strict = await run({ command: "validate", arguments: "--strict" });
      expect(strict.result).toBe("Failed");
      expect(errorsOf(strict)).toEqual([expect.stringMatching(/"databricks bundle validate" failed .*strict/)]);
    }));

  it("plans and deploys what --select names alone", () =>
    withCheckout(lab, node, twoJobs, async ({ run }) => {
      const select = { target: "prod", arguments: "--select jobs.a" };
      const planned = await run({ ...select, command: "plan" });
      expect(planned.log).toContainEqual(expect.stringMatching(/Plan: 1 to add/));
      const deployed = await run({ ...select, plan: planned.outputs["planPath"] ?? "" });
      expect(deployed).toMatchObject({ result: "Succeeded", issues: [] });
      expect((await lab.workspace.jobs()).map(({ name }) => name)).toEqual(["A"]);
    }));

  it("hands each command its flags and the arguments", async () => {
    const { cli, calls } = await notedCli(lab);
    await withCheckout(
      lab,
      node,
      twoJobs,
      async ({ run }) => {
        const given = { target: "prod", arguments: "--log-level 'error'" };
        const all = { ...given, autoApprove: "true", forceLock: "true", failOnActiveRuns: "true" };
        for (const command of ["validate", "plan"]) await run({ ...given, command });
        await run(given);
        await run(all);
        await run({ ...all, command: "destroy" });
        const told = "--target prod";
        expect(calls().filter((call) => !call.startsWith("bundle summary"))).toEqual([
          `bundle validate ${told} --output json --log-level error`,
          `bundle plan ${told} --output json --log-level error`,
          `bundle deploy ${told} --log-level error`,
          `bundle deploy ${told} --auto-approve --force-lock --fail-on-active-runs --log-level error`,
          `bundle destroy ${told} --auto-approve --force-lock --log-level error`,
        ]);
      },
      { cli },
    );
  });
});
