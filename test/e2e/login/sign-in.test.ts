import fs from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { customHosts, otherWorkspaceHosts } from "../../lab/lab.ts";
import type { RecordedRequest } from "../../lab/workspace/workspace.ts";
import { findLeaks, issuedTokens, stepTraces } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { cancelAt } from "../steps/checkout.ts";
import { type LoginJob, type LoginSettings, procText, startLoginJob } from "../steps/login.ts";
import { useLab } from "../use-lab.ts";

const me = "databricks api get /api/2.0/preview/scim/v2/Me";
/** Asks the metadata service as SDKs do. */
const ask = (host: string, ...options: string[]) =>
  `curl -s ${options.join(" ")} -H "X-Databricks-Metadata-Version: 1" -H "X-Databricks-Host: ${host}" "$DATABRICKS_METADATA_SERVICE_URL"`;
/** The audience of ID tokens that Entra issues. */
const entraIssuerAudience = "fb60f99c-7a34-4190-8149-302f77469936";
const usualNames = ["DATABRICKS_HOST", "DATABRICKS_AUTH_TYPE", "DATABRICKS_METADATA_SERVICE_URL"];
const clientNames = ["DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_DISCOVERY_URL"];

const statusesOfMe = (requests: readonly RecordedRequest[]) =>
  requests.filter((one) => one.path.includes("/scim/v2/Me")).map(({ status }) => status);

describe.each(taskNodes)("DatabricksLogin on $name", ({ path: node }) => {
  const { lab, requests, startAgent } = useLab(node);
  const startJob = async (settings?: LoginSettings) => startLoginJob(await startAgent(), lab, settings);

  function expectNothing({ job, services }: LoginJob): void {
    expect(job.variables.names().filter((name) => name.startsWith("DATABRICKS_"))).toEqual([]);
    expect(services()).toEqual([]);
  }

  it("signs in later steps with one request to each service, and signs out at the end of the job", async () => {
    const { job, login, script, services } = await startJob();
    const [step, { azureDevOps, entra, workspace }] = await requests(() => login());
    expect(step, step.text).toMatchObject({ result: "Succeeded", issues: [] });
    expect([azureDevOps, entra, workspace].map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(step.outputs).toEqual({ workspaceUrl: lab.workspace.url, identity: lab.deployer.clientId });
    expect(step.text).toContain(`Variables set for later steps: ${usualNames.join(", ")}.`);
    // The task library's own file.
    expect(step.leftInTemp).toEqual(["proxy"]);
    expect(services()).toHaveLength(1);

    const [later, asked] = await requests(() => script(`${me}\n${me}\n${ask("$DATABRICKS_HOST")} >/dev/null`));
    expect(later, later.text).toMatchObject({ result: "Succeeded" });
    expect(later.raw.stdout.join("\n")).toContain(lab.deployer.clientId);
    expect(statusesOfMe(asked.workspace)).toEqual([200, 200]);
    expect(asked.entra).toEqual([]);

    const { postJob, orphans } = await job.finish();
    expect(orphans).toEqual([]);
    expect(services()).toEqual([]);
    expect(postJob).toMatchObject([{ result: "Succeeded", issues: [] }]);
    // The CLI asks once or twice for a command.
    expect(postJob[0]?.log).toContainEqual(
      expect.stringMatching(/^Signed out\. [3-5] token requests answered: cli [2-4], curl 1; 0 renewals\.$/),
    );
  });

  it("keeps tokens and credentials out of the command line, environment, files and logs of its service", async () => {
    lab.entra.accessTokenLifetimeSeconds = 4;
    const { job, login, script, services } = await startJob({ job: { debug: true } });
    const step = await login({ oauthClient: "true" });
    const [pid = 0] = services();
    const command = procText(pid, "cmdline");
    const environment = procText(pid, "environ");
    const streams = [0, 1, 2].map((fd) => fs.readlinkSync(`/proc/${pid}/fd/${fd}`));
    const folder = fs.readlinkSync(`/proc/${pid}/cwd`);
    const later = await script(`${me}\nsleep 3\n${me}\nenv`);
    const files = fs
      .readdirSync(job.tempDirectory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => ({ where: name, text: fs.readFileSync(path.join(parentPath, name), "latin1") }));
    const { postJob } = await job.finish();
    lab.entra.accessTokenLifetimeSeconds = 3600;

    expect(postJob[0]?.log.join("\n")).toMatch(/^Signed out\. \d token requests answered: cli \d; [1-9] renewal/m);
    const service = [
      { where: "command line", text: command },
      { where: "environment", text: environment },
    ];
    const steps = [step, later, ...postJob].flatMap((one) => stepTraces(one, job));
    expect(findLeaks(issuedTokens(lab), [...service, ...files, ...steps])).toEqual([]);
    expect(command.split("\0").filter((word) => !word.startsWith("--"))).toEqual([
      node,
      expect.stringMatching(/index\.js$/),
      "service",
      "",
    ]);
    expect(
      environment
        .split("\0")
        .flatMap((entry) => /^[^=]+/.exec(entry) ?? [])
        .sort(),
    ).toEqual(["HOME", "NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE", "PATH", "VSTS_PROCESS_LOOKUP_ID"]);
    expect(streams).toEqual(["/dev/null", "/dev/null", "/dev/null"]);
    expect(folder).toBe("/");
  });

  it("uses at most 60 MB of memory, after several renewals too", async () => {
    lab.entra.accessTokenLifetimeSeconds = 2;
    const { login, script, services } = await startJob();
    await login();
    await script(`for i in $(seq 8); do ${ask("$DATABRICKS_HOST")} >/dev/null; sleep 1; done`);
    lab.entra.accessTokenLifetimeSeconds = 3600;
    const [pid = 0] = services();
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(procText(pid, "status"))?.[1]);
    console.log(`The service uses ${kilobytes} KB.`);
    expect(kilobytes).toBeGreaterThan(0);
    expect(kilobytes).toBeLessThanOrEqual(60 * 1024);
  });

  it("hides its address and its client in the log of a step that prints them", async () => {
    const { job, login, script } = await startJob();
    const step = await login({ oauthClient: "true" });
    const values = [...usualNames.slice(2), ...clientNames].map((name) => job.variables.get(name) ?? "");
    const printed = await script(
      "env | grep DATABRICKS_ | tee variables.txt\ncut -d = -f 2- variables.txt | xargs -n 1 basename",
    );
    for (const value of values.map((one) => path.basename(one))) {
      expect(value.length).toBeGreaterThan(20);
      expect(printed.raw.stdout.join("\n")).toContain(value);
      expect(printed.text).not.toContain(value);
      expect(step.text).not.toContain(value);
    }
    expect(Object.keys(step.outputs)).toEqual(["workspaceUrl", "identity"]);
  });

  it("renews tokens without the task's files, which the agent may replace", async () => {
    lab.entra.accessTokenLifetimeSeconds = 4;
    const { job, login, script } = await startJob();
    await login();
    const tasks = path.join(job.tempDirectory, "..", "_tasks");
    const name = fs.readdirSync(tasks).find((one) => one.startsWith("DatabricksLogin_")) ?? "";
    fs.renameSync(path.join(tasks, name), path.join(tasks, `away-${name}`));
    const [later, { workspace }] = await requests(() =>
      script(`for i in 1 2 3 4 5; do ${me} >/dev/null || exit 1; sleep 1; done`),
    );
    fs.renameSync(path.join(tasks, `away-${name}`), path.join(tasks, name));
    lab.entra.accessTokenLifetimeSeconds = 3600;
    expect(later, later.text).toMatchObject({ result: "Succeeded" });
    expect(statusesOfMe(workspace)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(workspace.map(({ tokenId }) => tokenId).filter(Boolean)).size).toBeGreaterThan(1);
  });

  it("says which workspace of an account the steps use, at a custom URL", async () => {
    const { job, login, script } = await startJob();
    const host = `https://${customHosts.azure}`;
    const step = await login({ workspaceUrl: `${host}/?o=1234567890123456` });
    expect(step.outputs["workspaceUrl"]).toBe(`${host}/?o=1234567890123456`);
    expect(job.variables.get("DATABRICKS_HOST")).toBe(host);
    expect(job.variables.get("DATABRICKS_WORKSPACE_ID")).toBe("1234567890123456");
    const [later, { workspace }] = await requests(() => script(me));
    expect(later, later.text).toMatchObject({ result: "Succeeded" });
    expect(workspace.filter((one) => one.path.includes("/scim/")).map((one) => one.workspaceId)).toEqual([
      "1234567890123456",
    ]);
  });

  it("exchanges the ID token at the workspace, and renews its token there", async () => {
    const deployer = lab.addDeployer(["federated-credential"]);
    lab.federation.addPolicy({ ...deployer.federation, clientId: deployer.clientId, audience: entraIssuerAudience });
    const { login, script } = await startJob({ deployer });
    const [step, { entra }] = await requests(() =>
      login({ authentication: "databricks", databricksClientId: deployer.clientId }),
    );
    expect(step, step.text).toMatchObject({ result: "Succeeded" });
    expect((await script(me)).result).toBe("Succeeded");
    expect(entra).toEqual([]);
  });

  it("gives no token for another workspace or to another name, and reports that at the end of the job", async () => {
    const { job, login, script } = await startJob();
    await login();
    const other = `https://${otherWorkspaceHosts.AzureCloud}`;
    const step = await script(
      [ask(other), ask("$DATABRICKS_HOST", "-H 'Host: example.com'"), `${ask("$DATABRICKS_HOST")}x`].join("; echo\n"),
    );
    const answers = step.raw.stdout.filter((line) => line.startsWith("{"));
    expect(answers.map((answer) => JSON.parse(answer))).toEqual([
      {
        error_code: "PERMISSION_DENIED",
        message: `A program asked for a token for ${other}, but this job is signed in to ${lab.workspace.url}. No token was given.`,
      },
      { error_code: "PERMISSION_DENIED", message: "The Host header is not valid." },
      { error_code: "NOT_FOUND", message: "Not found." },
    ]);
    const { postJob } = await job.finish();
    expect(postJob[0]?.warnings).toEqual([
      `1 token request refused. The last reason: A program asked for a token for ${other}, but this job is signed in to ${lab.workspace.url}. No token was given.`,
    ]);
    expect(postJob[0]?.log).toContain("Signed out. No program has asked for a token.");
  });

  it.each([
    ["is not a member of the workspace", "workspace-member", /denied access to the service principal/],
    [
      "has no federated credential",
      "federated-credential",
      /does not have a federated credential|no federated credential/,
    ],
  ] as const)("sets nothing and leaves nothing if the service principal %s", async (_, missing, message) => {
    const signIn = await startJob({ deployer: lab.addDeployer([missing]) });
    const step = await signIn.login();
    expect(step.result).toBe("Failed");
    expect(step.errors).toEqual([expect.stringMatching(message)]);
    expectNothing(signIn);
    const { postJob, orphans } = await signIn.job.finish();
    expect(orphans).toEqual([]);
    expect(postJob[0]?.log).toContain("This step has not signed in, so there is nothing to end.");
    expect(postJob).toMatchObject([{ result: "Succeeded", issues: [] }]);
  });

  it.each([
    ["a secret", { secret: "a long secret of the application" }, /select Convert to use workload identity federation/],
    [
      "a managed identity",
      { managedIdentity: "of the machine" },
      /Replace the connection with one that uses workload identity/,
    ],
  ] as const)("refuses a connection with %s, before any request", async (_, kind, advice) => {
    const signIn = await startJob({ deployer: lab.addDeployer([], undefined, kind) });
    const [step, { azureDevOps, entra, workspace }] = await requests(() => signIn.login());
    expect(step.errors).toEqual([
      expect.stringMatching(/^DatabricksLogin needs a service connection that uses workload identity federation\./),
    ]);
    expect(step.errors[0]).toMatch(advice);
    expect([...azureDevOps, ...entra, ...workspace]).toEqual([]);
    expectNothing(signIn);
  });

  it("refuses a secret variable of the job that would hide what it sets from later steps", async () => {
    const signIn = await startJob({ job: { variables: { DATABRICKS_HOST: { value: "https://a.b", secret: true } } } });
    const [step, { azureDevOps }] = await requests(() => signIn.login());
    expect(step.errors).toEqual([expect.stringMatching(/names that the login sets: DATABRICKS_HOST\./)]);
    expect(azureDevOps).toEqual([]);
    expect(signIn.services()).toEqual([]);
  });

  it("is skipped in a build of a fork, with its post-job step", async () => {
    const variables = { "system.restrictSecrets": "true", "system.pullRequest.isFork": "true" };
    const signIn = await startJob({ job: { variables } });
    const [step, { azureDevOps }] = await requests(() => signIn.login());
    expect(step.result).toBe("Skipped");
    expect(azureDevOps).toEqual([]);
    expectNothing(signIn);
    const { postJob } = await signIn.job.finish();
    expect(postJob.map(({ result }) => result)).toEqual(["Skipped"]);
  });

  it("leaves nothing if it is canceled while it signs in, or as soon as it has", async () => {
    for (const moment of ["during a request", "after the sign-in"]) {
      const signIn = await startJob();
      const cancel = new AbortController();
      const held = moment === "during a request" ? lab.entra.fault({ hold: true }) : undefined;
      const canceled = signIn.login({}, { ...cancelAt("Signed in to"), ...(held ? { cancel: cancel.signal } : {}) });
      if (held) await vi.waitFor(() => expect(held.hits).toBe(1), { timeout: 20_000 });
      cancel.abort();
      const step = await canceled;
      held?.release();
      expect(step.result, moment).toBe("Canceled");
      expectNothing(signIn);
      const { orphans } = await signIn.job.finish();
      expect(orphans, moment).toEqual([]);
    }
  });

  it("ends its service when the agent's worker is killed", async () => {
    const { job, login, services } = await startJob();
    await login();
    expect(services()).toHaveLength(1);
    const killedAt = Date.now();
    await job.killWorker();
    await vi.waitFor(() => expect(services()).toEqual([]), { timeout: 30_000, interval: 50 });
    console.log(`The service ended ${Date.now() - killedAt} ms after the worker.`);
  });

  it("ends its service when Azure DevOps refuses the job's token, and warns at the end of the job", async () => {
    lab.entra.accessTokenLifetimeSeconds = 3;
    const { job, login, script, services } = await startJob();
    await login();
    const refused = lab.azureDevOps.fault({ status: 401, body: {} }, 99);
    const step = await script(`sleep 3\n${ask("$DATABRICKS_HOST")}`);
    await vi.waitFor(() => expect(services()).toEqual([]), { timeout: 20_000 });
    refused.release();
    lab.entra.accessTokenLifetimeSeconds = 3600;
    expect(step.text).toContain("it did not accept the job access token (401)");
    const { postJob } = await job.finish();
    expect(postJob[0]?.warnings).toEqual([expect.stringMatching(/^The token service had ended before the job/)]);
  });

  it("reports failed renewals at the end of the job, which clients do not show", async () => {
    lab.entra.accessTokenLifetimeSeconds = 3;
    const deployer = lab.addDeployer();
    const { job, login, script } = await startJob({ deployer });
    await login();
    lab.entra.removeFederatedCredentials(deployer.clientId);
    await script(`sleep 3\n${ask("$DATABRICKS_HOST")}`);
    lab.entra.accessTokenLifetimeSeconds = 3600;
    const { postJob } = await job.finish();
    expect(postJob[0]?.warnings).toEqual([
      expect.stringMatching(/^1 token request failed\. The last reason: .*AADSTS70025/),
    ]);
  });

  it("lets the later one of two logins win, and ends both", async () => {
    const { job, login, script, services } = await startJob();
    await login({ oauthClient: "true" }, { name: "first" });
    const first = job.variables.get("DATABRICKS_METADATA_SERVICE_URL");
    const other = `https://${otherWorkspaceHosts.AzureCloud}`;
    await login({ workspaceUrl: other }, { name: "second" });
    expect(services()).toHaveLength(2);
    expect(job.variables.get("DATABRICKS_HOST")).toBe(other);
    // The first client would give tokens for the first workspace.
    for (const name of clientNames) expect(job.variables.get(name)).toBe("");
    const [later, { workspace }] = await requests(() => script(me));
    expect(later, later.text).toMatchObject({ result: "Succeeded" });
    expect(new Set(workspace.map(({ host }) => host))).toEqual(new Set([new URL(other).host]));
    const old = ask(lab.workspace.url).replace("$DATABRICKS_METADATA_SERVICE_URL", first ?? "");
    expect((await script(old)).raw.stdout.join("\n")).toContain("access_token");
    const { postJob, orphans } = await job.finish();
    expect(postJob.map(({ log }) => log.find((line) => line.startsWith("Signed out")))).toEqual([
      expect.stringMatching(/answered: cli [12]; 0 renewals\.$/),
      "Signed out. 1 token request answered: curl 1; 0 renewals.",
    ]);
    expect(orphans).toEqual([]);
    expect(services()).toEqual([]);
  });

  it("keeps requests to its service away from a proxy of the machine", async () => {
    const agent = await startAgent({ environment: { HTTP_PROXY: "http://127.0.0.1:1", no_proxy: "a.example" } });
    const { job, login, script } = await startLoginJob(agent, lab);
    await login();
    expect(job.variables.get("no_proxy")).toBe("a.example,127.0.0.1,localhost");
    const step = await script(`echo "$no_proxy"; ${ask("$DATABRICKS_HOST")}`);
    expect(step.raw.stdout).toContain("a.example,127.0.0.1,localhost");
    expect(step.raw.stdout.join("\n")).toContain("access_token");
  });

  it("gives tokens to an OAuth client that exists only for this job", async () => {
    const { job, login, script } = await startJob();
    const step = await login({ oauthClient: "true" });
    expect(step.text).toContain(`Variables set for later steps: ${[...usualNames, ...clientNames].join(", ")}.`);
    const [later, { workspace }] = await requests(() => script(`DATABRICKS_AUTH_TYPE=oauth-m2m; ${me}`));
    expect(later, later.text).toMatchObject({ result: "Succeeded" });
    expect(statusesOfMe(workspace)).toEqual([200]);
    const guess = await script(`DATABRICKS_AUTH_TYPE=oauth-m2m DATABRICKS_CLIENT_SECRET=guess ${me}`);
    expect(guess.result).toBe("Failed");
    const { postJob } = await job.finish();
    expect(postJob[0]?.warnings).toEqual([
      expect.stringMatching(
        /refused\. The last reason: The client ID or the client secret is not the one of this job\.$/,
      ),
    ]);
  });
});
