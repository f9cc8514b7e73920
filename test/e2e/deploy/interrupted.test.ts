import { randomUUID } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { type BundleFiles, bundleOf, job } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { type Checkout, cancelAt } from "../steps/checkout.ts";
import type { Step } from "../steps/step.ts";
import { useLab } from "../use-lab.ts";

const bundle = bundleOf("stopped", job("only", "Only"));
const withSchema = bundleOf(
  "stopped",
  `${job("only", "Only")}\nschemas:\n  done:\n    name: done\n    catalog_name: main`,
);
const creation = { method: "POST", path: /^\/api\/2\.\d\/jobs\/create/ };
/** Shortens the agent's grace from 10 to 4 seconds. */
const shortGrace = { variables: { PROCESS_SIGINT_TIMEOUT: "2000", PROCESS_SIGTERM_TIMEOUT: "2000" } };

describe.each(taskNodes)("Interrupted and locked deployments on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  const locks = async () => (await lab.workspace.files()).filter((file) => file.endsWith("deploy.lock"));

  it("lets a canceled deploy reach its end within the agent's grace", { tags: "windows" }, async () => {
    const { run, job } = await checkout(bundle);
    lab.workspace.fault(creation, { delayMs: 1_500 });
    const step = await run({ target: "prod" }, cancelAt("Deploying resources"));
    expect(step.result).toBe("Canceled");
    expect(step.text).toMatch(
      /Canceled while .* was changing resources\. It has 6\.9 s to finish[\s\S]*Deployment complete/,
    );
    expect(await locks()).toEqual([]);
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("stops a deploy that cannot end in time, releases its lock and says what is left", {
    tags: "windows",
  }, async () => {
    const { run, job } = await checkout(withSchema, { job: shortGrace });
    await run({ command: "destroy", autoApprove: "true", target: "prod" });
    const held = lab.workspace.fault(creation, { hold: true });
    const step = await run({ target: "prod" }, cancelAt("Deploying resources"));
    held.release();
    expect(step.result).toBe("Canceled");
    expect(step.exitCode).toBe(0);
    expect(step.log).toContainEqual(expect.stringMatching(/Released the deployment lock/));
    expect(step.text).toMatch(/stopped before it finished\. What it has done is kept in the workspace/);
    expect(await locks()).toEqual([]);
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("releases the lock of a destroy that it stops half-way", { tags: "windows" }, async () => {
    const { run } = await checkout(bundle, { job: shortGrace });
    await run({ target: "prod", autoApprove: "true" });
    const held = lab.workspace.fault({ method: "POST", path: /jobs\/delete/ }, { hold: true });
    const step = await run({ command: "destroy", autoApprove: "true", target: "prod" }, cancelAt("All files and"));
    held.release();
    expect(step.result).toBe("Canceled");
    expect(step.log).toContainEqual(expect.stringMatching(/Released the deployment lock/));
    expect(await locks()).toEqual([]);
  });

  it("leaves alone the lock that another job of the same service principal took by force", async () => {
    const stuck = await checkout(bundle, { job: shortGrace });
    const other = await checkout(bundle);
    await stuck.run({ command: "destroy", autoApprove: "true", target: "prod" });
    const held = lab.workspace.fault(creation, { hold: true }, 2);
    const cancel = new AbortController();
    const first = await deploying(stuck, {}, cancel);
    const second = await deploying(other, { forceLock: "true" });
    cancel.abort();
    const step = await first.end;
    expect(step.result).toBe("Canceled");
    expect(step.text).not.toContain("Released the deployment lock");
    expect(await locks()).toHaveLength(1);
    held.release();
    expect((await second.end).result).toBe("Succeeded");
  });

  it("leaves alone the lock of another job when a destroy without a lock is canceled", async () => {
    const late = await checkout(bundle, { job: shortGrace });
    const other = await checkout(bundleOf("stopped", job("other", "Other")));
    await late.run({ target: "prod" });
    const locking = lab.workspace.fault({ path: /deploy\.lock/ }, { hold: true });
    const held = lab.workspace.fault(creation, { hold: true });
    const cancel = new AbortController();
    const destroying = late.run({ command: "destroy", autoApprove: "true", target: "prod" }, { cancel: cancel.signal });
    await vi.waitFor(() => expect(locking.hits).toBe(1), 30_000);
    const { end } = await deploying(other);
    cancel.abort();
    expect((await destroying).result).toBe("Canceled");
    expect(await locks()).toHaveLength(1);
    locking.release();
    held.release();
    expect((await end).result).toBe("Succeeded");
  });

  it("names the holder of a lock, its age and the way out, and leaves it alone", { tags: "linux" }, async () => {
    const { run, change } = await checkout(bundle);
    change(leavesLock(lab.deployer.clientId, { user: "somebody-else", ageMs: 3 * 3_600_000 }));
    expect((await run()).result).toBe("Succeeded");
    change(bundle);
    const step = await run({ target: "prod" });
    expect(step.errors).toEqual([
      expect.stringMatching(/locked by somebody-else since .* \(3 h \d+ min ago\)\..*forceLock: true.*#deploy-lock/s),
    ]);
    expect(await locks()).toHaveLength(1);
    expect(await run({ target: "prod", forceLock: "true" })).toMatchObject({ result: "Succeeded" });
    expect(await locks()).toEqual([]);
  });

  it("refuses a CLI that is too old before it changes anything, with the step to add", async () => {
    const cli = await lab.programs.cli("0.298.0");
    const { run } = await checkout(bundle, { agent: { cli } });
    const step = await run();
    expect(step.errors).toEqual([
      expect.stringMatching(
        /is version 0\.298\.0, but this task needs version 0\.299\.0 or later.*DatabricksCliInstaller@1.*#cli-version/s,
      ),
    ]);
  });

  it("says which version the bundle asks for", async () => {
    const { run } = await checkout({
      ...bundle,
      "databricks.yml":
        bundle["databricks.yml"]?.replace("name: stopped", 'name: stopped\n  databricks_cli_version: ">= 99.0.0"') ??
        "",
    });
    expect((await run()).errors).toEqual([
      expect.stringMatching(/requires Databricks CLI >= 99\.0\.0, but this agent has 1\.11\.0.*version: bundle/s),
    ]);
  });

  it("does not deploy while runs are active when failOnActiveRuns is true", { tags: "linux" }, async () => {
    const { run } = await checkout(startsItself);
    const { release } = lab.workspace.runs({ hold: true });
    expect((await run()).result).toBe("Succeeded");
    const step = await run({ failOnActiveRuns: "true" });
    release();
    expect(step.errors).toEqual([expect.stringMatching(/"databricks bundle deploy" failed.*(running|active)/s)]);
  });
});

/** Starts a deploy to prod, and resolves as soon as it has its lock and changes resources. */
function deploying(
  { run }: Checkout,
  inputs: Record<string, string> = {},
  cancel = new AbortController(),
): Promise<{ end: Promise<Step> }> {
  return new Promise((resolve, reject) => {
    const onLine = (line: string) => void (line.includes("Deploying resources") && resolve({ end }));
    const end = run({ target: "prod", ...inputs }, { cancel: cancel.signal, onLine });
    end.then(() => resolve({ end }), reject);
  });
}

/** A bundle with a script that locks the target prod after each deploy, like a deploy whose agent was lost. */
function leavesLock(deployer: string, { user, ageMs }: { user: string; ageMs: number }): BundleFiles {
  const folder = `/Workspace/Users/${deployer}/.bundle/stopped/prod/state`;
  const lock = { ID: randomUUID(), AcquisitionTime: new Date(Date.now() - ageMs), IsForced: false, User: user };
  const content = Buffer.from(JSON.stringify(lock)).toString("base64");
  const file = JSON.stringify({ path: `${folder}/deploy.lock`, format: "AUTO", overwrite: true, content });
  return {
    ...bundleOf("stopped", job("only", "Only"), "experimental:\n  scripts:\n    postdeploy: sh ./lock.sh\n"),
    "lock.sh": `databricks api post /api/2.0/workspace/mkdirs --json '{"path":"${folder}"}'
databricks api post /api/2.0/workspace/import --json '${file}'
`,
  };
}

/** A bundle that starts its own job after each deploy. */
const startsItself = {
  ...bundleOf("busy", job("only", "Only"), "experimental:\n  scripts:\n    postdeploy: sh ./start.sh\n"),
  "start.sh": `id=$(grep -o '"__id__": *"[0-9]*"' .databricks/bundle/dev/resources.json | tr -dc 0-9)
databricks api post /api/2.2/jobs/run-now --json '{"job_id":'$id'}'
`,
};
