import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { taskNodes } from "../nodes.ts";
import { askForToken, isAlive, type Login } from "../steps/login-job.ts";
import { useLab } from "../use-lab.ts";

/** Removes the file of the post-job step from an agent, which then cannot run it. */
function removePostJob(agent: Agent): void {
  const tasks = path.join(agent.root, "_work", "_tasks");
  const found = fs
    .readdirSync(tasks, { recursive: true, encoding: "utf8" })
    .filter((name) => /DatabricksLogin_.*post-job\.js$/.test(name));
  expect(found).toHaveLength(1);
  for (const name of found) fs.rmSync(path.join(tasks, name));
}

describe.each(taskNodes)("The end of a login on $name", ({ name, path: node }) => {
  const { lab, loginJob, startAgent } = useLab(node);

  const pidOf = (login: Login): number => {
    expect(login.result, login.text).toBe("Succeeded");
    expect(login.service && isAlive(login.service.pid)).toBe(true);
    return login.service?.pid ?? 0;
  };

  /** Waits until a process has ended, and prints how long that took. */
  async function ended(way: string, pid: number, since: number): Promise<void> {
    await expect.poll(() => isAlive(pid), { timeout: 30_000, interval: 5 }).toBe(false);
    console.log(`${name}: ended ${way} after ${Date.now() - since} ms`);
  }

  it("is the post-job step, which waits for it and reports what was asked", async () => {
    const { login, script, finish } = await loginJob();
    const pid = pidOf(await login());
    expect((await script(`${askForToken}; ${askForToken}`)).output).toEqual(["200", "200"]);
    const since = Date.now();
    const { postSteps, orphans } = await finish();
    expect(isAlive(pid)).toBe(false);
    await ended("by the post-job step", pid, since);
    expect(orphans).toEqual([]);
    const [post] = postSteps;
    expect(post?.result).toBe("Succeeded");
    expect(post?.warnings).toEqual([]);
    expect(post?.text).toContain("Signed out. 2 token requests answered: curl 2; 0 renewals.");
  });

  it("is the post-job step after a later step failed", async () => {
    const { login, script, finish } = await loginJob();
    const pid = pidOf(await login());
    expect((await script("exit 1")).result).toBe("Failed");
    const since = Date.now();
    const { postSteps, orphans } = await finish();
    await ended("by the post-job step after a failure", pid, since);
    expect([orphans, postSteps.map(({ result }) => result)]).toEqual([[], ["Succeeded"]]);
  });

  it("is the post-job step after the job was canceled in a later step", async () => {
    const variables = { PROCESS_SIGINT_TIMEOUT: "500", PROCESS_SIGTERM_TIMEOUT: "500" };
    const { login, script, finish } = await loginJob({ variables });
    const pid = pidOf(await login());
    const cancel = new AbortController();
    const canceled = await script("echo ready; sleep 60", {
      cancel: cancel.signal,
      onLine: (line) => void (line === "ready" && cancel.abort()),
    });
    expect(canceled.result).toBe("Canceled");
    const since = Date.now();
    const { postSteps, orphans } = await finish();
    await ended("by the post-job step after a cancel", pid, since);
    expect(postSteps.map(({ result }) => result)).toEqual(["Succeeded"]);
    expect(orphans.filter(({ command }) => !command.startsWith("sleep"))).toEqual([]);
  });

  it("is the agent's search for orphans if the post-job step cannot run", async () => {
    const agent = await startAgent();
    const { login, finish } = await loginJob({ on: agent });
    const pid = pidOf(await login());
    removePostJob(agent);
    const since = Date.now();
    const { postSteps, orphans } = await finish();
    await ended("by the search for orphans", pid, since);
    expect(postSteps.map(({ result }) => result)).toEqual(["Failed"]);
    expect(orphans).toEqual([{ pid, command: expect.stringContaining("index.js") }]);
  });

  it("is the end of the worker if there is neither a post-job step nor a search", async () => {
    const agent = await startAgent();
    const { login, finish } = await loginJob({ on: agent, variables: { "process.clean": "false" } });
    const pid = pidOf(await login());
    removePostJob(agent);
    const since = Date.now();
    expect((await finish()).orphans).toEqual([]);
    await ended("by the end of the worker", pid, since);
  });

  it("is the death of the worker", async () => {
    const { job, login, finish } = await loginJob();
    const pid = pidOf(await login());
    const since = Date.now();
    await job.killWorker();
    await ended("after the worker was killed", pid, since);
    expect(await finish()).toMatchObject({ postJob: [], orphans: [] });
  });

  it("is the refusal of the job's token by Azure DevOps", async () => {
    lab.entra.accessTokenLifetimeSeconds = 5;
    const agent = await startAgent();
    const jobToken = lab.azureDevOps.issueJobToken({ expiresInSeconds: 10 });
    const { login, script, finish } = await loginJob({ on: agent, jobToken });
    const pid = pidOf(await login());
    const since = Date.now();
    const asked = await script(`while [ "$(${askForToken})" != 000 ]; do sleep 0.2; done; echo gone`);
    lab.entra.accessTokenLifetimeSeconds = 3600;
    expect(asked.output).toEqual(["gone"]);
    await ended("after Azure DevOps refused the job's token", pid, since);
    const { postSteps, orphans } = await finish();
    expect(orphans).toEqual([]);
    expect(postSteps[0]?.warnings).toEqual([expect.stringMatching(/^The token service had ended before the job/)]);
  });

  it.each(["connection-authorized", "federated-credential", "workspace-member"] as const)(
    "is at once if the sign-in fails because %s is missing, and nothing is set",
    async (missing) => {
      const agent = await startAgent();
      const { job, login, finish } = await loginJob({ on: agent, deployer: lab.addDeployer([missing]) });
      const before = job.variables.names();
      const failed = await login();
      expect(failed.result).toBe("Failed");
      expect(failed.service).toBeUndefined();
      expect(job.variables.names()).toEqual(before);
      expect(failed.leftInTemp).toEqual([]);
      const { postSteps, orphans } = await finish();
      expect(orphans).toEqual([]);
      expect(postSteps[0]?.text).toContain("This step has not signed in, so there is nothing to end.");
      expect(postSteps[0]?.result).toBe("Succeeded");
    },
  );

  it("is at once if the step is canceled", async () => {
    const { job, login, finish } = await loginJob();
    const before = job.variables.names();
    const cancel = new AbortController();
    const held = lab.entra.fault({ hold: true });
    const running = login({}, { cancel: cancel.signal });
    await expect.poll(() => held.hits, { timeout: 20_000 }).toBe(1);
    cancel.abort();
    const canceled = await running;
    held.release();
    expect([canceled.result, canceled.service]).toEqual(["Canceled", undefined]);
    expect(job.variables.names()).toEqual(before);
    expect((await finish()).orphans).toEqual([]);
  });

  it("is the same for a step that was skipped", async () => {
    const { login, finish } = await loginJob();
    expect((await login({}, { cancel: AbortSignal.abort() })).result).toBe("Skipped");
    const { postSteps } = await finish();
    expect(postSteps[0]?.text).toContain("This step has not signed in, so there is nothing to end.");
  });

  it("comes to each of two logins; later steps use the last one", async () => {
    const other = lab.addDeployer();
    const settings = lab.job(lab.deployer, other);
    const { job, login, script, finish } = await loginJob(settings);
    const first = await login();
    const second = await login({ azureSubscription: other.connection.id });
    const pids = [pidOf(first), pidOf(second)];
    expect([first.outputs["identity"], second.outputs["identity"]]).toEqual([lab.deployer.clientId, other.clientId]);
    const { output } = await script(`${askForToken}; echo "$DATABRICKS_METADATA_SERVICE_URL"`);
    expect(output[0]).toBe("200");
    expect(output[1]).toBe(job.variables.get("DATABRICKS_METADATA_SERVICE_URL"));
    const { postSteps, orphans } = await finish();
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(orphans).toEqual([]);
    expect(postSteps.map(({ text }) => /Signed out\. .*/.exec(text)?.[0])).toEqual([
      "Signed out. 1 token request answered: curl 1; 0 renewals.",
      "Signed out. No program has asked for a token.",
    ]);
  });

  it("does not come to a login if a second one fails, which says so", async () => {
    const other = lab.addDeployer(["workspace-member"]);
    const { job, login, script, finish } = await loginJob(lab.job(lab.deployer, other));
    const first = await login();
    const ofLogin = () => {
      const names = job.variables.names().filter((name) => /^databricks/i.test(name));
      return names.map((name) => [name, job.variables.get(name)]);
    };
    const before = ofLogin();
    const second = await login({ azureSubscription: other.connection.id });
    expect(second.result).toBe("Failed");
    expect(second.warnings).toEqual([
      `Steps that run although this login has failed are signed in to ${lab.workspace.url} by an earlier login of this job.`,
    ]);
    expect(ofLogin()).toEqual(before);
    expect(isAlive(pidOf(first))).toBe(true);
    expect((await script(askForToken, { condition: "always()" })).output).toEqual(["200"]);
    expect((await finish()).orphans).toEqual([]);
  });
});
