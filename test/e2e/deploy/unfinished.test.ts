import { describe, expect, it, vi } from "vitest";
import { type BundleFiles, bundleOf } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

/** Two jobs, of which the second is created after the first. */
const twoJobs: BundleFiles = bundleOf(
  "broken-off",
  `jobs:
  first:
    name: First
    tasks:
      - task_key: step
        notebook_task:
          notebook_path: ./src/step.py
  second:
    name: Second
    tasks:
      - task_key: step
        run_job_task:
          job_id: \${resources.jobs.first.id}`,
);
const creation = { method: "POST", path: /^\/api\/2\.\d\/jobs\/create/ };
/** Shortens the agent's grace from 10 to 4 seconds. */
const shortGrace = { variables: { PROCESS_SIGINT_TIMEOUT: "2000", PROCESS_SIGTERM_TIMEOUT: "2000" } };

describe.each(taskNodes)("A deploy after one that was interrupted on another agent, on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);
  const names = async () => (await lab.workspace.jobs()).map(({ name }) => name).toSorted();
  const kept = async () => (await lab.workspace.files()).filter((file) => file.includes("unfinished"));

  it("continues it after a cancel", async () => {
    const interrupted = await checkout(twoJobs, { job: shortGrace });
    lab.workspace.fault(creation, { delayMs: 1 });
    const held = lab.workspace.fault(creation, { hold: true, reset: true });
    const cancel = new AbortController();
    const deploying = interrupted.run({ target: "prod" }, { cancel: cancel.signal });
    await vi.waitFor(() => expect(held.hits).toBe(1), 30_000);
    cancel.abort();
    const step = await deploying;
    held.release();
    expect(step.result).toBe("Canceled");
    expect(step.text).toContain("What it has done is kept in the workspace: the next deploy continues it.");
    expect(await names()).toEqual(["First"]);
    expect(await kept()).toHaveLength(1);
    const elsewhere = await checkout(twoJobs);
    const next = await elsewhere.run({ target: "prod" });
    expect(next).toMatchObject({ result: "Succeeded", issues: [] });
    expect(next.text).toContain("Continuing an earlier deployment that was interrupted");
    expect(await names()).toEqual(["First", "Second"]);
    expect(await kept()).toEqual([]);
  });
});
