import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { endsWithin } from "../../lab/agent/run/steady-time.ts";
import type { PlacedFault } from "../../lab/faults.ts";
import { bundleOf, job as jobOf } from "../bundles/bundles.ts";
import { taskNodesWithCli } from "../nodes.ts";
import { cancelAt } from "../steps/checkout.ts";
import { writeScriptedCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

/** A bundle that is not deployed yet. */
const newBundle = (more = "") => bundleOf(`canceled-${randomUUID()}`, jobOf("only", "Only"), more);
/** Starts a program in a session of its own, which would run on for an hour, and waits for it. */
const endless = (event: string) =>
  newBundle(`experimental:\n  scripts:\n    ${event}: echo "The script waits"; setsid sleep 3600 & sleep 3600\n`);
/** Shortens the agent's grace from 10 to 4 seconds. */
const shortGrace = { variables: { PROCESS_SIGINT_TIMEOUT: "2000", PROCESS_SIGTERM_TIMEOUT: "2000" } };
const destroy = { command: "destroy", autoApprove: "true", target: "prod" };

describe.each(taskNodesWithCli)("A cancel on $name", ({ path: node, cli }) => {
  const { lab, checkout, requests } = useLab(node, { cli });

  const left = async () =>
    (await lab.workspace.files()).filter((file) => /deploy\.lock$|azure-pipelines.run-/.test(file));
  const reached = (fault: PlacedFault) =>
    vi.waitFor(() => expect(fault.hits).toBeGreaterThan(0), { timeout: 30_000, interval: 20 });

  it("while the CLI asks for a token ends the step at once", async () => {
    const { run, job } = await checkout(newBundle());
    const cancel = new AbortController();
    const held = lab.workspace.fault({ path: /\.well-known\/databricks-config/ }, { hold: true });
    const running = run({ target: "prod" }, { cancel: cancel.signal });
    await reached(held);
    cancel.abort();
    const step = await running;
    held.release();
    expect(step).toMatchObject({ result: "Canceled", exitCode: 0 });
    expect(await left()).toEqual([]);
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("while a script runs before the deploy stops it with everything that it started", async () => {
    const { run, job } = await checkout(endless("predeploy"));
    const step = await run({ target: "prod" }, cancelAt("The script waits"));
    expect(step).toMatchObject({ result: "Canceled", exitCode: 0 });
    expect(step.text).toMatch(
      /Canceled while "databricks bundle deploy" was preparing\. Stopping it now\. No resource/,
    );
    expect(step.leftInTemp.filter((name) => name.startsWith("databricks-"))).toEqual([]);
    expect(await left()).toEqual([]);
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("while a destroy plans stops it before it deletes anything, and releases its lock", async () => {
    const { run, job } = await checkout(newBundle(), { job: shortGrace });
    await run({ target: "prod" });
    const jobs = await lab.workspace.jobs();
    const cancel = new AbortController();
    // The CLI reads the bundle's job once for the summary before the destroy; the next time, it plans.
    let locked = false;
    const isLocked = async () => {
      locked = (await left()).some((file) => file.endsWith("deploy.lock"));
      expect(locked).toBe(true);
    };
    const held = lab.workspace.fault({ method: "GET", path: /get-status\?path=.*deploy\.lock/ }, { hold: true });
    const running = run(destroy, { cancel: cancel.signal });
    await vi.waitFor(isLocked, 30_000);
    await reached(held);
    cancel.abort();
    const step = await running;
    held.release();
    expect(step).toMatchObject({ result: "Canceled", exitCode: 0 });
    expect(step.text).toMatch(/Canceled while .* was planning what to delete\. Stopping it now\. No resource has been/);
    expect(step.text).toContain("Released the deployment lock.");
    expect(await lab.workspace.jobs()).toEqual(jobs);
    expect(await left()).toEqual([]);
    expect((await run(destroy)).result).toBe("Succeeded");
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("while files are uploaded lets the deploy end within the grace", async () => {
    const { run } = await checkout(newBundle());
    lab.workspace.fault({ method: "POST", path: /import-file.*step/ }, { delayMs: 1_000 });
    const step = await run({ target: "prod" }, cancelAt("Uploading bundle files"));
    expect(step.text).toMatch(
      /Canceled while .* was uploading files\. It has 6\.9 s to finish[\s\S]*(Deployment complete|Resources: 1 created)/,
    );
    expect(step.result).toBe("Canceled");
    expect(await left()).toEqual([]);
  });

  it("while resources of a target without a lock are changed lets the deploy end within the grace", {
    tags: "linux",
  }, async () => {
    // Version 1.13 and later print nothing before they change resources.
    const original = await lab.programs.cli(cli);
    const silent = await writeScriptedCli(`'${original}' "$@" 2> >(exec sed -u '/^Deploying resources/d' >&2)\n`);
    const { run } = await checkout(newBundle(), { agent: { cli: silent } });
    const slow = lab.workspace.fault({ method: "POST", path: /jobs\/create/ }, { delayMs: 1_000 });
    const cancel = new AbortController();
    const running = run({ target: "dev" }, { cancel: cancel.signal });
    await reached(slow);
    cancel.abort();
    const step = await running;
    slow.release();
    expect(step.text).toMatch(
      /Canceled while .* was changing resources\. It has 6\.9 s to finish[\s\S]*(Deployment complete|Resources: 1 created)/,
    );
    expect(step).toMatchObject({ result: "Canceled", exitCode: 0 });
  });

  it("that begins with SIGTERM leaves nothing behind in the time until the kill", { tags: "linux" }, async () => {
    const { run, job } = await checkout(newBundle());
    const held = lab.workspace.fault({ method: "POST", path: /jobs\/create/ }, { hold: true });
    let pid = 0;
    const onStart = (started: number) => {
      pid = started;
    };
    const running = run({ target: "prod" }, { onStart });
    await reached(held);
    process.kill(pid, "SIGTERM");
    if (!(await endsWithin(running, 2_500))) process.kill(pid, "SIGKILL");
    const step = await running;
    held.release();
    expect(step).toMatchObject({ result: "Canceled", exitCode: 0 });
    expect(step.text).toMatch(/was changing resources\. Stopping it now, because the agent ends the step/);
    expect(step.text).toContain("Released the deployment lock.");
    expect(await left()).toEqual([]);
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("while the step removes the copy of a finished deployment does not wait for a silent workspace", async () => {
    const { run, job } = await checkout(newBundle(), { job: shortGrace });
    const cancel = new AbortController();
    // It does not exist before the deployment, so the step reads it only to remove it.
    const held = lab.workspace.fault({ path: /unfinished\.json/ }, { hold: true });
    const running = run({ target: "prod" }, { cancel: cancel.signal });
    await reached(held);
    cancel.abort();
    const step = await running;
    held.release();
    expect(step.text).toMatch(/Deployment complete|Resources: 1 created/);
    expect(step).toMatchObject({ result: "Canceled", exitCode: 0 });
    expect(await left()).toEqual([]);
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("while the step records what it has deployed stops the CLI that reads the result", { tags: "linux" }, async () => {
    const ignored = "trap '' TERM INT; touch reading; sleep 3600";
    const scripts = `    preinit: "test ! -f deployed || { ${ignored}; }"\n    postdeploy: touch deployed\n`;
    const { run, job, folder } = await checkout(newBundle(`experimental:\n  scripts:\n${scripts}`), {
      job: shortGrace,
    });
    const cancel = new AbortController();
    const held = lab.workspace.fault({ method: "GET", path: /workspace\/list\?path=.*\/files/ }, { hold: true });
    const running = run({ target: "prod" }, { cancel: cancel.signal });
    await vi.waitFor(() => expect(fs.existsSync(path.join(folder, "reading"))).toBe(true), 30_000);
    await reached(held);
    cancel.abort();
    expect(await running).toMatchObject({ result: "Canceled", exitCode: 0 });
    expect(job.processes()).toEqual([]);
    held.release();
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("while the step waits for a lock ends the wait at once", async () => {
    const files = newBundle();
    const [first, second] = [await checkout(files), await checkout(files)];
    const held = lab.workspace.fault({ method: "POST", path: /^\/api\/2\.\d\/jobs\/create/ }, { hold: true });
    const deploying = first.run({ target: "prod" });
    await reached(held);
    const inputs = { target: "prod", lockTimeoutInMinutes: "60" };
    const step = await second.run(inputs, cancelAt("Waiting up to 60 min"));
    expect(step).toMatchObject({ result: "Canceled", exitCode: 0 });
    expect(step.text).toContain("Canceled while waiting for the deployment lock.");
    held.release();
    expect((await deploying).result).toBe("Succeeded");
    expect(await left()).toEqual([]);
  });

  it("while a run is just starting waits for its address, and cancels the run", async () => {
    const { run } = await checkout(newBundle());
    const cancel = new AbortController();
    const behavior = lab.workspace.runs({ hold: true });
    const held = lab.workspace.fault({ method: "GET", path: /jobs\/runs\/get/ }, { hold: true });
    const running = requests(() =>
      run(
        { target: "prod", run: "only" },
        { cancel: cancel.signal, onLine: (line) => void (line.includes("Canceled while waiting") && held.release()) },
      ),
    );
    await reached(held);
    cancel.abort();
    const [step, { workspace }] = await running;
    behavior.release();
    expect(step.text).toMatch(/Canceled while waiting for the run of only\.[\s\S]*Canceled the run: https:/);
    expect(workspace.map(({ path }) => path)).toContainEqual(expect.stringMatching(/jobs\/runs\/cancel/));
  });

  it("reports that a run may go on whose address does not come in time, and starts no further one", async () => {
    const { run } = await checkout(newBundle());
    const cancel = new AbortController();
    const behavior = lab.workspace.runs({ hold: true });
    const held = lab.workspace.fault({ method: "GET", path: /jobs\/runs\/get/ }, { hold: true });
    const running = run({ target: "prod", run: "only\njobs.only" }, { cancel: cancel.signal });
    await reached(held);
    cancel.abort();
    const step = await running;
    held.release();
    behavior.release();
    expect(step).toMatchObject({ result: "Canceled", exitCode: 0 });
    expect(step.text).toMatch(/The CLI has not reported a run of only\. It may have started one, which then goes on/);
    expect(step.text).not.toContain("Running jobs.only");
  });

  it("leaves the runs alone when cancelRuns is false", async () => {
    const { run } = await checkout(newBundle());
    const behavior = lab.workspace.runs({ hold: true });
    const inputs = { target: "prod", run: "only", cancelRuns: "false" };
    const [step, { workspace }] = await requests(() => run(inputs, cancelAt("RUNNING")));
    behavior.release();
    expect(step.text).toMatch(/Canceled while waiting for the run of only: https:.*\n[\s\S]*The run goes on, because/);
    expect(workspace.map(({ path }) => path)).not.toContainEqual(expect.stringMatching(/jobs\/runs\/cancel/));
  });
});
