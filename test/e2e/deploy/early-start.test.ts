import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { type BundleFiles, bundleOf, job } from "../bundles/bundles.ts";
import { taskNodesWithCli } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const bundle: BundleFiles = { ...bundleOf("early", job("only", "Only")), "one.txt": "1\n", "two.txt": "2\n" };
/** What the task reads of the last deploy, before the CLI may read it. */
const lastUpload = { method: "GET", path: /workspace\/export\?.*\/state\/azure-pipelines\.files\.json/ };
const timesIn = (text: string, part: string) => text.split(part).length - 1;

describe.each(taskNodesWithCli)(
  "The CLI, while its state is still being brought back, on $name",
  ({ path: node, cli }) => {
    const { lab, checkout } = useLab(node, { cli });

    /** A bundle that this agent has deployed, and what the CLI has asked the workspace for since. */
    async function deployedBefore() {
      const { run, change, job } = await checkout(bundle);
      expect((await run({ target: "prod" })).result).toBe("Succeeded");
      const { length } = lab.workspace.requests;
      const asked = () =>
        lab.workspace.requests
          .slice(length)
          .filter(({ userAgent = "" }) => userAgent.startsWith("cli/"))
          .map(({ path }) => path);
      const started = () => vi.waitFor(() => expect(asked()).not.toEqual([]), { timeout: 30_000, interval: 20 });
      return { run, change, job, asked, started };
    }

    it("loads the bundle, but makes no request that needs a token until it is there", async () => {
      const { run, change, asked, started } = await deployedBefore();
      change({ ...bundle, "two.txt": "3\n" });
      const held = lab.workspace.fault(lastUpload, { hold: true });
      const running = run({ target: "prod" });
      await started();
      await sleep(1_000);
      expect(asked()).toEqual(["/.well-known/databricks-config"]);
      held.release();
      const step = await running;
      expect(step).toMatchObject({ result: "Succeeded", issues: [] });
      expect(step.text).toContain("Files: 1 of 4 changed");
      expect(timesIn(step.text, "Deploying resources...")).toBe(1);
    });

    it("is started again if that takes too long, and its output is shown once", async () => {
      const { run, change, started } = await deployedBefore();
      change({ ...bundle, "databricks.yml": `${bundle["databricks.yml"]}unknown_setting: 1\n` });
      const held = lab.workspace.fault(lastUpload, { hold: true });
      const running = run({ target: "prod" });
      await started();
      // Longer than the SDK of the CLI waits for a token.
      await sleep(11_000);
      held.release();
      const step = await running;
      expect(step).toMatchObject({ result: "Succeeded" });
      expect(step.warnings).toHaveLength(1);
      expect(step.text).toContain("Files: 1 of 4 changed");
      expect(timesIn(step.text, "Deploying resources...")).toBe(1);
    });

    it("is stopped by a cancel, and leaves nothing", async () => {
      const { run, job, asked, started } = await deployedBefore();
      const held = lab.workspace.fault(lastUpload, { hold: true });
      const cancel = new AbortController();
      const running = run({ target: "prod" }, { cancel: cancel.signal });
      await started();
      cancel.abort();
      const step = await running;
      held.release();
      expect(step).toMatchObject({ result: "Canceled", exitCode: 0 });
      expect(step.text).toContain('Canceled while "databricks bundle deploy" was preparing. Stopping it now.');
      expect(asked()).toEqual(["/.well-known/databricks-config"]);
      expect((await lab.workspace.files()).filter((file) => /deploy\.lock$|azure-pipelines\.run-/.test(file))).toEqual(
        [],
      );
      expect((await job.finish()).orphans).toEqual([]);
    });
  },
);
