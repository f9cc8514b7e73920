import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { twoJobs } from "../bundles/two-jobs.ts";
import { taskNodesWithCli } from "../nodes.ts";
import type { Checkout } from "../steps/checkout.ts";
import { useLab } from "../use-lab.ts";

const bundle = twoJobs("broken-off");
const creation = { method: "POST", path: /^\/api\/2\.\d\/jobs\/create/ };
/** Shortens the agent's grace from 10 to 4 seconds. */
const shortGrace = { variables: { PROCESS_SIGINT_TIMEOUT: "2000", PROCESS_SIGTERM_TIMEOUT: "2000" } };
const isKept = /azure-pipelines\.unfinished\.json$/;

describe.each(taskNodesWithCli)(
  "After a deploy that was interrupted on another agent, on $name",
  ({ path: node, cli }) => {
    const { lab, checkout } = useLab(node, { cli });
    const names = async () => (await lab.workspace.jobs()).map(({ name }) => name).toSorted();
    const kept = async () => (await lab.workspace.files()).filter((file) => isKept.test(file));
    const destroy = { target: "prod", command: "destroy", autoApprove: "true" };

    /** Cancels a deploy that has created the first job, but not the second. */
    async function interrupt({ run }: Checkout) {
      lab.workspace.fault(creation, { delayMs: 1 });
      const held = lab.workspace.fault(creation, { hold: true, reset: true });
      const cancel = new AbortController();
      const deploying = run({ target: "prod" }, { cancel: cancel.signal });
      await vi.waitFor(() => expect(held.hits).toBe(1), 30_000);
      cancel.abort();
      const step = await deploying;
      held.release();
      expect(step.result).toBe("Canceled");
      expect(await names()).toEqual(["First"]);
      expect(await kept()).toHaveLength(1);
      return step;
    }

    it("a deploy continues it", async () => {
      const step = await interrupt(await checkout(bundle, { job: shortGrace }));
      expect(step.text).toContain("What it has done is kept in the workspace: the next deploy continues it.");
      expect(step.warnings.join()).not.toContain("resources.json.wal");
      const { run } = await checkout(bundle);
      const next = await run({ target: "prod" });
      expect(next).toMatchObject({ result: "Succeeded", issues: [] });
      expect(next.text).toContain("Continuing an earlier deployment that was interrupted");
      expect(await names()).toEqual(["First", "Second"]);
      expect(await kept()).toEqual([]);
      await run(destroy);
    });

    it("a deploy continues it, although the CLI has started before the state was brought back", async () => {
      await interrupt(await checkout(bundle, { job: shortGrace }));
      const { run } = await checkout(bundle);
      const held = lab.workspace.fault(
        { method: "GET", path: /workspace\/export\?.*\/state\/azure-pipelines\.unfinished\.json/ },
        { hold: true },
      );
      const running = run({ target: "prod" });
      await vi.waitFor(() => expect(held.hits).toBe(1), 30_000);
      // Now the CLI loads the bundle, and asks for its first token.
      await sleep(2_000);
      held.release();
      const next = await running;
      expect(next).toMatchObject({ result: "Succeeded", issues: [] });
      expect(await names()).toEqual(["First", "Second"]);
      await run(destroy);
    });

    it("a deploy that is interrupted too leaves both for the next", async () => {
      await interrupt(await checkout(bundle, { job: shortGrace }));
      const second = await checkout(bundle, { job: shortGrace });
      const held = lab.workspace.fault(creation, { hold: true, reset: true });
      const cancel = new AbortController();
      const deploying = second.run({ target: "prod" }, { cancel: cancel.signal });
      await vi.waitFor(() => expect(held.hits).toBe(1), 30_000);
      cancel.abort();
      expect((await deploying).result).toBe("Canceled");
      held.release();
      const { run } = await checkout(bundle);
      expect((await run({ target: "prod" })).result).toBe("Succeeded");
      expect(await names()).toEqual(["First", "Second"]);
      expect(await kept()).toEqual([]);
      await run(destroy);
    });

    it("a plan shows what is left to do, and a destroy deletes what it has created", async () => {
      await interrupt(await checkout(bundle, { job: shortGrace }));
      const { run } = await checkout(bundle);
      const plan = await run({ target: "prod", command: "plan" });
      expect(plan.text).toContain("Plan: 1 to add, 0 to change, 0 to delete, 1 unchanged");
      const elsewhere = await checkout(bundle);
      expect(await elsewhere.run(destroy)).toMatchObject({ result: "Succeeded" });
      expect(await names()).toEqual([]);
      expect(await kept()).toEqual([]);
    });

    it("a deploy does not continue it if somebody has deployed without this task since", async () => {
      const step = await checkout(bundle, { job: shortGrace });
      await interrupt(step);
      const state = `/Workspace/Users/${lab.deployer.clientId}/.bundle/broken-off/prod/state`;
      const file = JSON.parse(await lab.workspace.readFile(`${state}/azure-pipelines.unfinished.json`));
      const { run } = await checkout(bundle);
      expect((await run({ target: "prod" })).result).toBe("Succeeded");
      // As an agent that was lost writes it late.
      const content = Buffer.from(JSON.stringify(file)).toString("base64");
      const { change, run: later } = await checkout({
        ...bundle,
        "put.sh": `databricks api post /api/2.0/workspace/import --json '${JSON.stringify({ path: `${state}/azure-pipelines.unfinished.json`, format: "AUTO", overwrite: true, content })}'\n`,
        "databricks.yml": `${bundle["databricks.yml"]}experimental:\n  scripts:\n    postdeploy: sh ./put.sh\n`,
      });
      expect((await later({ target: "prod" })).result).toBe("Succeeded");
      expect(await kept()).toHaveLength(1);
      change(bundle);
      const next = await later({ target: "prod" });
      expect(next).toMatchObject({ result: "Succeeded", issues: [] });
      expect(next.text).toContain(
        "Removed the record of an interrupted deployment, because the bundle's state is newer.",
      );
      expect(await names()).toEqual(["First", "Second"]);
      expect(await kept()).toEqual([]);
      await later(destroy);
    });
  },
);
