import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { taskNodes } from "../nodes.ts";
import { askForToken, loginJobOf } from "../steps/login-job.ts";
import { useLab } from "../use-lab.ts";
import { clientNetwork, installClients, prepareClients } from "./clients.ts";

describe.each(taskNodes)("A login on $name", ({ name, path: node }) => {
  const { lab, checkout, loginJob, requests, startAgent } = useLab(node);

  beforeAll(async () => void (await installClients()));

  it("makes one request to Azure DevOps, two to Entra at most, and one to the workspace", async () => {
    const { login, finish } = await loginJob();
    const [step, { azureDevOps, entra, workspace }] = await requests(() => login());
    console.log(`${name}: login ${Math.round(step.durationMs)} ms, ${entra.length} requests to Entra`);
    expect(step.result, step.text).toBe("Succeeded");
    expect(step.outputs).toEqual({ workspaceUrl: lab.workspace.url, identity: lab.deployer.clientId });
    expect([azureDevOps.length, workspace.length]).toEqual([1, 1]);
    expect(entra.length).toBeLessThanOrEqual(2);
    await finish();
  });

  it("goes on to answer and to renew when the agent unpacks the task again before each step", async () => {
    lab.entra.accessTokenLifetimeSeconds = 5;
    const agent = await startAgent({ verifySignatures: true });
    const { login, script, finish } = await loginJob({ on: agent });
    const { result, text } = await login({ oauthClient: "true" });
    expect(result, text).toBe("Succeeded");
    // The agent removes the folder in which the service's file is.
    await login();
    const { output } = await script(`for i in 1 2 3; do ${askForToken}; sleep 2.5; done`);
    lab.entra.accessTokenLifetimeSeconds = 3600;
    expect(output).toEqual(["200", "200", "200"]);
    const { postSteps, orphans } = await finish();
    expect(orphans).toEqual([]);
    expect(postSteps.map(({ warnings }) => warnings)).toEqual([[], []]);
    expect(postSteps[0]?.text).toMatch(/Signed out\. 3 token requests answered: curl 3; [1-3] renewals?\./);
  });

  it("works with a job's own restrictions on commands", async () => {
    const { login, script, finish } = await loginJob();
    const step = await login(
      {},
      { commands: "restricted", settableVariables: ["DATABRICKS_*", "identity", "workspaceUrl"] },
    );
    expect([step.result, step.warnings]).toEqual(["Succeeded", []]);
    expect((await script(askForToken)).output).toEqual(["200"]);
    await finish();
  });

  it("goes before the step's env: a job variable wins", async () => {
    const { login, script, finish } = await loginJob();
    await login();
    const { output } = await script(
      'echo "$DATABRICKS_HOST"; export DATABRICKS_HOST=https://own; echo "$DATABRICKS_HOST"',
      {
        env: { DATABRICKS_HOST: "https://of-the-step" },
      },
    );
    expect(output).toEqual([lab.workspace.url, "https://own"]);
    await finish();
  });

  it("is what programs use although the job has another token and another profile", { timeout: 120_000 }, async () => {
    const environment = clientNetwork(lab);
    const variables = { DATABRICKS_TOKEN: "dapi-of-the-job", DATABRICKS_CONFIG_PROFILE: "other" };
    const { job, login, script, finish } = await loginJob({ agent: { environment }, variables });
    const clients = await prepareClients(job.workingDirectory);
    const file = path.join(job.workingDirectory, "databrickscfg");
    const profile = "host = https://adb-9.9.azuredatabricks.net\ntoken = dapi-of-the-profile\nauth_type = pat\n";
    fs.writeFileSync(file, `[other]\n${profile}`);
    const bundle = path.join(job.workingDirectory, "own");
    fs.mkdirSync(bundle);
    fs.writeFileSync(path.join(bundle, "databricks.yml"), "bundle:\n  name: own\n");
    expect((await login()).text).toContain("DATABRICKS_CONFIG_PROFILE is empty for later steps");
    const { python, go, javascript } = clients;
    const step = await script(
      `export DATABRICKS_CONFIG_FILE=${file}; databricks auth describe && (cd own && databricks bundle validate) && ${[python, go].map((run) => run(1, 0)).join(" && ")} && unset DATABRICKS_CONFIG_PROFILE && ${javascript(1, 0)}`,
    );
    expect(step.result, step.text).toBe("Succeeded");
    expect(step.output).toEqual(
      expect.arrayContaining([`Host: ${lab.workspace.url}`, "Authenticated with: metadata-service"]),
    );
    for (const language of ["python", "go", "javascript"]) {
      expect(step.output.join("\n")).toMatch(new RegExp(`^${language}: .* by metadata-service`, "m"));
    }
    await finish();
  });

  it("warns of a default profile, which the CLI can prefer", async () => {
    const { job, login, finish } = await loginJob();
    const file = path.join(job.workingDirectory, "databrickscfg");
    fs.writeFileSync(file, "[__settings__]\ndefault_profile = other\n");
    const step = await login({}, { env: { DATABRICKS_CONFIG_FILE: file } });
    expect(step.result).toBe("Succeeded");
    expect(step.warnings).toEqual([expect.stringContaining(`has the default profile "other" on this agent (${file})`)]);
    await finish();
  });

  it("lets the deploy task work as without it, and without a word about its variables", async () => {
    const { job, run } = await checkout();
    const { login, finish } = loginJobOf(job, lab);
    await login({ oauthClient: "true" });
    const step = await run();
    expect([step.result, step.warnings]).toEqual(["Succeeded", []]);
    expect(step.text).not.toMatch(/DATABRICKS_(HOST|AUTH_TYPE|METADATA|CLIENT|DISCOVERY)/);
    const { postSteps } = await finish();
    expect(postSteps[0]?.text).toContain("No program has asked for a token.");
  });

  it("keeps the job's list of hosts without a proxy, although the machine has one under the other name", async () => {
    const environment = { ...clientNetwork(lab), no_proxy: "machine.example" };
    const { login, script, finish } = await loginJob({
      agent: { environment },
      variables: { NO_PROXY: "job.example" },
    });
    await login();
    // Go prefers the name in upper case, and takes the other one if there is none.
    const { output } = await script('echo "upper:$NO_PROXY"; echo "lower:$no_proxy"');
    expect(output).toEqual(["upper:", "lower:machine.example,job.example,127.0.0.1,localhost"]);
    await finish();
  });

  it("keeps requests to the service away from a proxy", { timeout: 120_000 }, async () => {
    const environment = { ...clientNetwork(lab), HTTP_PROXY: lab.proxy.url, NO_PROXY: "internal.example" };
    const { job, login, script, finish } = await loginJob({ agent: { environment } });
    const clients = await prepareClients(job.workingDirectory);
    await login({ oauthClient: "true" });
    expect(job.variables.get("NO_PROXY")).toBe("internal.example,127.0.0.1,localhost");
    const [both, { proxy }] = await requests(() =>
      script(`${clients.python(1, 0)} && DATABRICKS_AUTH_TYPE=oauth-m2m ${clients.python(1, 0)}`),
    );
    expect(both.result, both.text).toBe("Succeeded");
    expect(both.output.join("\n")).toMatch(/by metadata-service,[\s\S]*by oauth-m2m,/);
    const names = new Set(proxy.map(({ host }) => host));
    expect([...names]).toEqual([new URL(lab.workspace.url).hostname]);
    // Without that, Python's SDK sends the address of the OAuth client to the proxy.
    const [without, { proxy: leaked }] = await requests(() =>
      script(`unset NO_PROXY; DATABRICKS_AUTH_TYPE=oauth-m2m ${clients.python(1, 0)}`),
    );
    expect(without.result).toBe("Failed");
    expect(leaked).toContainEqual(expect.objectContaining({ host: "127.0.0.1", allowed: false }));
    await finish();
  });
});
