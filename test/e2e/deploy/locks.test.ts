import { randomUUID } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import type { Job } from "../../lab/agent/agent.ts";
import { viewBuildsError } from "../../lab/azure-devops/errors.ts";
import type { PlacedFault } from "../../lab/faults.ts";
import { signInPerson } from "../../lab/person.ts";
import { type BundleFiles, bundleOf, job as jobOf, wheel } from "../bundles/bundles.ts";
import { taskNodesWithCli } from "../nodes.ts";
import { checkOut } from "../steps/checkout.ts";
import { useLab } from "../use-lab.ts";

/** A bundle that is not deployed yet; its targets dev and prod have one job. */
const newBundle = (more = "") => bundleOf(`locked-${randomUUID()}`, jobOf("only", "Only"), more);
/** Its files and its state are not in the usual folders. */
const newBundleWithOwnPaths = () =>
  newBundle(`workspace:
  state_path: /Workspace/Users/\${workspace.current_user.userName}/elsewhere/
  file_path: /Workspace/Users/\${workspace.current_user.userName}/my-files
`);
const destroy = { target: "prod", command: "destroy", autoApprove: "true" };
const creation = { method: "POST", path: /^\/api\/2\.\d\/jobs\/create/ };
/** Shortens the agent's grace from 10 to 4 seconds. */
const shortGrace = { PROCESS_SIGINT_TIMEOUT: "2000", PROCESS_SIGTERM_TIMEOUT: "2000" };
const program = { cli: /databricks bundle deploy/, task: /DatabricksBundleDeploy.*index\.js/ };

describe.each(taskNodesWithCli)("Locks on $name", ({ path: node, cli: cliVersion }) => {
  const { lab, checkout, startAgent, requests } = useLab(node, { cli: cliVersion });

  const filesLike = async (name: RegExp) => (await lab.workspace.files()).filter((file) => name.test(file));
  const locks = () => filesLike(/deploy\.lock$/);
  const notes = async () =>
    Promise.all(
      (await filesLike(/azure-pipelines.run-/)).map((file) => lab.workspace.readFile(file.replace("FILE ", ""))),
    );

  const reached = (fault: PlacedFault) =>
    vi.waitFor(() => expect(fault.hits).toBeGreaterThan(0), { timeout: 30_000, interval: 20 });

  /** Waits until the step that is deploying has noted the ID of its lock. */
  const noted = () => vi.waitFor(async () => expect((await notes()).join()).toContain('"lockId"'), 30_000);

  /** Kills a program of a job, as a machine without memory does. */
  const kill = (job: Job, name: RegExp) => {
    const found = job.processes().filter(({ command }) => name.test(command));
    expect(found).toHaveLength(1);
    for (const { pid } of found) process.kill(pid, "SIGKILL");
  };

  /** A job of a run that Azure DevOps knows. */
  const newRun = () => {
    const build = lab.azureDevOps.startBuild();
    return { build, run: { buildId: build.id, jobId: build.startJob() } };
  };

  /** A checkout in such a job. */
  const checkoutInRun = async (files: BundleFiles, variables = {}) => {
    const { build, run } = newRun();
    return { ...(await checkout(files, { job: { run, variables } })), build };
  };

  /** The first deploy of a bundle, whose machine is lost in the moment in which the CLI has taken the lock. */
  const loseFirstDeploy = async (files: BundleFiles) => {
    const agent = await startAgent();
    const { build, run } = newRun();
    const { run: step } = await checkOut(agent, lab, files, { job: { run } });
    // The CLI reads the lock that it has written.
    const held = lab.workspace.fault({ method: "GET", path: /get-status.*deploy\.lock/ }, { hold: true });
    const lost = expect(step({ target: "prod" })).rejects.toThrow("lost");
    await reached(held);
    agent.lose();
    held.release();
    await lost;
    return build;
  };

  /** A deploy whose machine is lost while it creates the job, so that its lock stays. */
  const loseDeploy = async (files: BundleFiles) => {
    const agent = await startAgent();
    const { build, run } = newRun();
    const { run: step } = await checkOut(agent, lab, files, { job: { run } });
    const held = lab.workspace.fault(creation, { hold: true });
    const lost = expect(step({ target: "prod" })).rejects.toThrow("lost");
    await reached(held);
    await noted();
    agent.lose();
    held.release();
    await lost;
    return build;
  };

  it.each([
    ["usual paths", newBundle, {}],
    ["paths of its own", newBundleWithOwnPaths, {}],
    ["a log that goes to the output", newBundle, { arguments: "--debug" }],
  ])(
    "releases its lock when the machine kills the CLI, and a retry succeeds: a bundle with %s",
    async (_, files, inputs) => {
      const { run, job } = await checkout(files());
      const held = lab.workspace.fault(creation, { hold: true });
      const running = run({ target: "prod", ...inputs }, { retryCountOnTaskFailure: 1 });
      await reached(held);
      kill(job, program.cli);
      held.release();
      const step = await running;
      expect(step.text).toContain("Released the deployment lock.");
      expect(step.errors).toEqual([expect.stringMatching(/"databricks bundle deploy" was stopped by a signal/)]);
      expect(step.result).toBe("Succeeded");
      expect([...(await locks()), ...(await notes())]).toEqual([]);
      expect((await job.finish()).orphans).toEqual([]);
    },
  );

  it("releases its lock when the CLI cannot read it after it has written it", async () => {
    const { run } = await checkout(newBundle());
    const refused = lab.workspace.fault(
      { method: "GET", path: /get-status.*deploy\.lock/ },
      { status: 400, body: {} },
      9,
    );
    const step = await run({ target: "prod" });
    refused.release();
    expect(step.result).toBe("Failed");
    expect(step.text).toContain("Failed to acquire deployment lock: ");
    expect(step.text).toContain("Released the deployment lock.");
    expect([...(await locks()), ...(await notes())]).toEqual([]);
    expect((await run({ target: "prod" })).result).toBe("Succeeded");
  });

  it("releases its lock when a cancel comes while a wheel is uploaded", async () => {
    const { run } = await checkout(wheel, { job: { variables: shortGrace } });
    const cancel = new AbortController();
    const held = lab.workspace.fault({ method: "POST", path: /import-file.*\.whl/ }, { hold: true });
    const running = run({ target: "prod" }, { cancel: cancel.signal });
    await reached(held);
    cancel.abort();
    const step = await running;
    held.release();
    expect(step.text).toMatch(/Canceled while .* was uploading files\. It has 0\.9 s to finish/);
    expect(step.text).toContain("Released the deployment lock.");
    expect([...(await locks()), ...(await notes())]).toEqual([]);
  });

  it("leaves a lock of which the CLI's log shows nothing to the next deploy", async () => {
    const { run } = await checkout(newBundle(), { job: { variables: shortGrace } });
    const cancel = new AbortController();
    const held = lab.workspace.fault(creation, { hold: true });
    const running = run({ target: "prod", arguments: "--log-level error" }, { cancel: cancel.signal });
    await reached(held);
    cancel.abort();
    const step = await running;
    held.release();
    expect(step.result).toBe("Canceled");
    expect(step.text).toContain("If this step took the lock, the next deploy releases it.");
    expect([...(await locks()), ...(await notes())]).toHaveLength(2);
    expect(await run({ target: "prod" })).toMatchObject({ result: "Succeeded", errors: [] });
    expect([...(await locks()), ...(await notes())]).toEqual([]);
  });

  it("does not release a lock that differs from its own only in the ID", async () => {
    const { run } = await checkout(newBundle(), { job: { variables: shortGrace } });
    const cancel = new AbortController();
    const held = lab.workspace.fault(creation, { hold: true });
    const running = run({ target: "prod" }, { cancel: cancel.signal });
    await reached(held);
    await noted();
    const [lock = ""] = (await locks()).map((file) => file.replace("FILE ", ""));
    const other = { ...JSON.parse(await lab.workspace.readFile(lock)), ID: randomUUID() };
    await (await signInPerson(lab)).writeFile(lock, JSON.stringify(other));
    cancel.abort();
    const step = await running;
    held.release();
    expect(step.result).toBe("Canceled");
    expect(step.text).toContain("The deployment is locked by another deployment");
    expect(await locks()).toHaveLength(1);
    expect((await run({ target: "prod", forceLock: "true" })).result).toBe("Succeeded");
    expect([...(await locks()), ...(await notes())]).toEqual([]);
  });

  it("takes over the lock of a lost machine when its run is over, and says so", async () => {
    const files = newBundle();
    const build = await loseDeploy(files);
    build.finish();
    const step = await (await checkoutInRun(files)).run({ target: "prod" });
    const holder = `The job Job of the pipeline run ${build.id} (pipe) took it and is over: https://dev.azure.com/contoso/`;
    expect(step.text).toMatch(/Released the deployment lock of \S+ since .* ago\)\./);
    expect(step.text).toContain(holder);
    expect(step.result).toBe("Succeeded");
    expect([...(await locks()), ...(await notes())]).toEqual([]);
  });

  it.each([
    ["usual paths", newBundle],
    ["paths of its own", newBundleWithOwnPaths],
  ])("takes over the lock of a machine that was lost in its first deploy: a bundle with %s", async (_, files) => {
    const bundle = files();
    const build = await loseFirstDeploy(bundle);
    expect(await locks()).toHaveLength(1);
    build.finish();
    const step = await (await checkoutInRun(bundle)).run({ target: "prod" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.text).toContain(`pipeline run ${build.id} (pipe) took it and is over`);
    expect([...(await locks()), ...(await notes())]).toEqual([]);
  });

  it.each([
    ["the step was canceled", false],
    ["the machine has killed the CLI", true],
  ])("takes over the lock that the workspace stores after %s", async (_, isKilled) => {
    const files = newBundle();
    const { run, build, job } = await checkoutInRun(files);
    await run({ target: "prod" });
    const cancel = new AbortController();
    const held = lab.workspace.fault({ method: "POST", path: /import-file.*deploy\.lock/ }, { hold: true });
    const running = run(destroy, { cancel: cancel.signal });
    await reached(held);
    if (isKilled) kill(job, /databricks bundle destroy/);
    else cancel.abort();
    expect((await running).result).toBe(isKilled ? "Failed" : "Canceled");
    held.release();
    await vi.waitFor(async () => expect(await locks()).toHaveLength(1), 30_000);
    build.finish();
    const step = await (await checkoutInRun(files)).run({ target: "prod" });
    expect(step.text).toContain(`pipeline run ${build.id} (pipe) took it and is over`);
    expect(step.result).toBe("Succeeded");
    expect([...(await locks()), ...(await notes())]).toEqual([]);
  });

  it("leaves no folder behind when a first deploy fails before it has the lock", { tags: "linux" }, async () => {
    const files = newBundle("experimental:\n  scripts:\n    predeploy: exit 1\n");
    const { run } = await checkoutInRun(files);
    const [failed, { workspace }] = await requests(() => run({ target: "prod" }));
    expect(failed.errors).toEqual([expect.stringContaining("predeploy")]);
    const deleted = workspace.filter(({ path, status }) => path.endsWith("/workspace/delete") && status === 200);
    const folders = deleted.map(({ body }) => /\.bundle\/locked-[^/"]*(.*?)"/.exec(body ?? "")?.[1]);
    // Also the folder of the bundle, in which its targets have theirs.
    expect(folders).toEqual(expect.arrayContaining(["/prod/state", "/prod", ""]));
    const step = await run({ target: "prod", command: "destroy", autoApprove: "true" });
    expect(step.text).toContain("No active deployment found to destroy!");
  });

  it("deploys although it cannot create the folder for its note", async () => {
    const { run } = await checkoutInRun(newBundle());
    const refused = lab.workspace.fault({ method: "POST", path: /workspace\/mkdirs/ }, { status: 403 });
    expect(await run({ target: "prod" })).toMatchObject({ result: "Succeeded", issues: [] });
    expect(refused.hits).toBe(1);
    expect([...(await locks()), ...(await notes())]).toEqual([]);
  });

  it("names the run that holds the lock and what to do, as long as that run is not over", async () => {
    const files = newBundle();
    const build = await loseDeploy(files);
    const { run } = await checkoutInRun(files);
    const step = await run({ target: "prod" });
    expect(step.errors).toEqual([
      expect.stringMatching(
        /locked by \S+ since .* ago\)\. The job .*Wait until .*lockTimeoutInMinutes.*forceLock: true/s,
      ),
    ]);
    expect(step.errors[0]).toContain(`The job Job of the pipeline run ${build.id} (pipe) took the lock and is still`);
    expect(await locks()).toHaveLength(1);
    build.finish();
    expect((await run({ target: "prod" })).result).toBe("Succeeded");
  });

  it("takes over its own job's lock when the machine has killed the task itself", async () => {
    const { run, job } = await checkoutInRun(newBundle());
    const held = lab.workspace.fault(creation, { hold: true });
    const running = run({ target: "prod" }, { retryCountOnTaskFailure: 1 });
    await reached(held);
    await noted();
    kill(job, program.task);
    const step = await running;
    held.release();
    expect(step.text).toContain("took it and is over");
    expect(step.result).toBe("Succeeded");
    expect([...(await locks()), ...(await notes())]).toEqual([]);
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("ends the CLI of an attempt whose task the machine has killed before it deploys again, also without a lock", async () => {
    const { run, job } = await checkout(newBundle());
    const held = lab.workspace.fault(creation, { hold: true });
    const running = run({ target: "dev" }, { retryCountOnTaskFailure: 1 });
    await reached(held);
    kill(job, program.task);
    const step = await running;
    expect(step.result).toBe("Succeeded");
    expect(job.processes().filter(({ command }) => program.cli.test(command))).toEqual([]);
    held.release();
    // The note of the attempt that was killed is there as long as the deployment.
    expect((await run({ ...destroy, target: "dev" })).result).toBe("Succeeded");
    expect(await notes()).toEqual([]);
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("waits for the lock of another job as long as lockTimeoutInMinutes allows", async () => {
    const files = newBundle();
    const [first, second] = [await checkoutInRun(files), await checkoutInRun(files)];
    const held = lab.workspace.fault(creation, { hold: true });
    const winner = first.run({ target: "prod" });
    await reached(held);
    await noted();
    const waiting = second.run(
      { target: "prod", lockTimeoutInMinutes: "5" },
      { onLine: (line) => void (line.includes("Waiting up to 5 min") && held.release()) },
    );
    const [won, waited] = await Promise.all([winner, waiting]);
    expect(won).toMatchObject({ result: "Succeeded", errors: [], warnings: [] });
    expect(waited).toMatchObject({ result: "Succeeded", errors: [], warnings: [] });
    expect(waited.text).toContain(`pipeline run ${first.build.id}`);
    expect([...(await locks()), ...(await notes())]).toEqual([]);
  });

  it("fails at once at the lock of another job, and tells its run", async () => {
    const files = newBundle();
    const [first, second] = [await checkoutInRun(files), await checkoutInRun(files)];
    const held = lab.workspace.fault(creation, { hold: true });
    const winner = first.run({ target: "prod" });
    await reached(held);
    await noted();
    const lost = await second.run({ target: "prod" });
    held.release();
    expect(lost.errors).toEqual([expect.stringContaining(`buildId=${first.build.id}`)]);
    expect((await winner).result).toBe("Succeeded");
    expect((await second.run({ target: "prod" })).result).toBe("Succeeded");
    expect([...(await locks()), ...(await notes())]).toEqual([]);
  });

  it.each([
    ["its status", /get-status.*deploy\.lock/],
    ["its content", /workspace\/export.*deploy\.lock/],
  ])("deploys if the lock of another job goes away while the CLI reads %s", async (_, path) => {
    const files = newBundle();
    const [first, second] = [await checkoutInRun(files), await checkoutInRun(files)];
    const held = lab.workspace.fault(creation, { hold: true });
    const winner = first.run({ target: "prod" });
    await reached(held);
    const look = lab.workspace.fault({ method: "GET", path, userAgent: /^cli\// }, { hold: true });
    const late = second.run({ target: "prod" });
    await reached(look);
    held.release();
    expect((await winner).result).toBe("Succeeded");
    look.release();
    expect(await late).toMatchObject({ result: "Succeeded", issues: [] });
    expect([...(await locks()), ...(await notes())]).toEqual([]);
  });

  it("leaves the lock alone, and says why, if Azure DevOps does not show the run", async () => {
    const files = newBundle();
    const build = await loseDeploy(files);
    build.finish();
    const { run } = await checkoutInRun(files);
    const body = viewBuildsError("Analytics");
    const denied = lab.azureDevOps.fault({ status: 403, body }, 10, { path: /_apis\/build\/builds/ });
    const step = await run({ target: "prod" });
    denied.release();
    expect(step.errors).toEqual([
      expect.stringMatching(
        /It is unknown whether it is over: Azure DevOps returned status 403: Access denied\..*View builds.*forceLock: true/s,
      ),
    ]);
    expect(await locks()).toHaveLength(1);
    expect((await run({ target: "prod", forceLock: "true" })).result).toBe("Succeeded");
  });
});
