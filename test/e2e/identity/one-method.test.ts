import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scriptedCli } from "../deploy/step.ts";
import { findLeaks, issuedTokens } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { addToProd, requestsDuring, useLab } from "./deploy-step.ts";

/** Everything that could sign the CLI in as somebody else. */
const hostile = {
  DATABRICKS_HOST: "https://adb-6666666666666666.6.azuredatabricks.net",
  DATABRICKS_TOKEN: "dapi00000000000000000000000000000000",
  DATABRICKS_AUTH_TYPE: "pat",
  DATABRICKS_CONFIG_PROFILE: "mine",
  DATABRICKS_CLIENT_ID: "mine",
  DATABRICKS_CLIENT_SECRET: "mine",
  DATABRICKS_BUNDLE_TARGET: "prod",
  ARM_CLIENT_ID: "mine",
  ARM_CLIENT_SECRET: "mine",
  ARM_TENANT_ID: "mine",
  ARM_USE_MSI: "true",
  AZURE_CLIENT_ID: "mine",
  AZURE_CLIENT_SECRET: "mine",
  AZURE_TENANT_ID: "mine",
  AZURE_AUTHORITY_HOST: "https://login.example.com",
  GOOGLE_CREDENTIALS: "{}",
  ACTIONS_ID_TOKEN_REQUEST_URL: "https://example.com",
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "mine",
};

const homeProfile = `[__settings__]
default_profile = mine
[DEFAULT]
host  = https://adb-6666666666666666.6.azuredatabricks.net
token = dapi00000000000000000000000000000000
[mine]
host  = https://adb-6666666666666666.6.azuredatabricks.net
token = dapi00000000000000000000000000000000
`;

describe.each(taskNodes)("One way to sign in on $name", ({ path: node }) => {
  const fixture = useLab(node);

  it.each(["the agent's environment", "variables of the job"])("is not led astray by %s", async (source) => {
    const { lab } = fixture;
    const requests = await requestsDuring(lab.workspace.requests, async () => {
      const { step } = await fixture.deploy({
        ...(source === "variables of the job" ? { job: { variables: hostile } } : { agent: { environment: hostile } }),
        inputs: { target: "prod" },
        prepare(bundle, job) {
          fs.writeFileSync(path.join(job.homeDirectory, ".databrickscfg"), homeProfile);
          addToProd(bundle, "    workspace:\n      profile: mine\n");
        },
      });
      expect(step).toMatchObject({ result: "Succeeded", outputs: { target: "prod" } });
      const mentions = step.log.filter((line) => line.includes("Not passed to the CLI"));
      expect(mentions).toHaveLength(1);
      for (const variable of Object.keys(hostile)) expect(mentions[0]).toContain(variable);
    });
    const subjects = new Set(requests.map(({ subject }) => subject).filter(Boolean));
    expect(subjects).toEqual(new Set([lab.deployer.clientId]));
  });

  it("says nothing of variables that every job has", async () => {
    const { step } = await fixture.deploy({
      agent: { environment: { AZURE_EXTENSION_DIR: "/opt/az/azcliextensions" } },
    });
    expect(step.log.join("\n")).not.toContain("Not passed to the CLI");
  });

  it.each(["azure-cli", "pat", "azure-msi"])("names the line to remove when the bundle pins %s", async (authType) => {
    const { lab } = fixture;
    const before = lab.azureDevOps.requests.length;
    const { error } = await fixture.deploy({
      inputs: { target: "prod" },
      prepare: (bundle) => addToProd(bundle, `    workspace:\n      auth_type: ${authType}\n`),
    });
    expect(error).toMatch(new RegExp(`Remove the line "auth_type: ${authType}".*#bundle-authentication`, "s"));
    expect(lab.azureDevOps.requests).toHaveLength(before);
  });

  it("finds such a line in an included file, and leaves other targets alone", async () => {
    const included = (bundle: string) =>
      fs.appendFileSync(
        path.join(bundle, "workflow.yml"),
        "\ntargets:\n  prod:\n    workspace:\n      auth_type: azure-cli\n",
      );
    const prod = await fixture.deploy({ inputs: { target: "prod" }, prepare: included });
    expect(prod.error).toContain('Remove the line "auth_type: azure-cli"');
    const dev = await fixture.deploy({ inputs: { target: "dev" }, prepare: included });
    expect(dev.step.result).toBe("Succeeded");
  });

  it("finds it behind an escape, in a file that is included by a pattern without an extension", async () => {
    const { error } = await fixture.deploy({
      prepare(bundle) {
        const root = path.join(bundle, "databricks.yml");
        const text = fs.readFileSync(root, "utf8");
        fs.writeFileSync(root, text.replace("  - workflow.yml", '  - workflow.yml\n  - "more/*"'));
        fs.mkdirSync(path.join(bundle, "more"));
        fs.writeFileSync(path.join(bundle, "more", "a.yml"), 'workspace:\n  "auth\\u005ftype": azure-cli\n');
      },
    });
    expect(error).toContain('Remove the line "auth_type: azure-cli"');
  });

  it("fails when the CLI says that the bundle chose another identity, which its files did not show", async () => {
    const real = await fixture.lab.programs.cli();
    const edit = `sed 's/"workspace": {/"workspace": {"auth_type": "azure-cli",/'`;
    const { step, error } = await deployWith(
      `if [ "$2" = summary ]; then '${real}' "$@" | ${edit}; else exec '${real}' "$@"; fi`,
    );
    expect(step).toMatchObject({ result: "Failed", outputs: {} });
    expect(error).toMatch(/chooses its own authentication \(azure-cli\).*#bundle-authentication/s);
  });

  it("fails when the CLI succeeded without a token of this step", async () => {
    const { step, error } = await deployWith(`echo '{"bundle": {"name": "sales", "target": "dev"}}'`);
    expect(step).toMatchObject({ result: "Failed", outputs: {} });
    expect(error).toMatch(/succeeded without asking for a token.*identity other than.*#bundle-authentication/s);
  });

  /** Deploys with a script in the CLI's place. */
  function deployWith(script: string) {
    const cli = scriptedCli(`${script}\n`);
    return fixture.deploy({ agent: { environment: { PATH: `${path.dirname(cli)}:/usr/bin:/bin` } } });
  }

  it("serves what the CLI starts: a script of the bundle signs in as the same service principal, and sees no other", async () => {
    const { lab } = fixture;
    const script = "databricks api get /api/2.0/preview/scim/v2/Me > me.json; env > environment.txt";
    let folder = "";
    const { step, traces } = await fixture.deploy({
      job: { variables: hostile, enableAccessToken: true },
      prepare(bundle) {
        folder = bundle;
        fs.appendFileSync(
          path.join(bundle, "workflow.yml"),
          `\nexperimental:\n  scripts:\n    postinit: ${JSON.stringify(script)}\n`,
        );
      },
    });
    expect(step.result).toBe("Succeeded");
    const me = JSON.parse(fs.readFileSync(path.join(folder, "me.json"), "utf8")) as { userName: string };
    expect(me.userName).toBe(lab.deployer.clientId);
    const environment = fs.readFileSync(path.join(folder, "environment.txt"), "utf8");
    expect(environment).toContain("DATABRICKS_AUTH_TYPE=metadata-service");
    expect(environment).not.toMatch(
      /^(ARM_|AZURE_|GOOGLE_|ACTIONS_|SYSTEM_ACCESSTOKEN|ENDPOINT_|SECRET_|DATABRICKS_TOKEN)/m,
    );
    // The classic check-box that the job has ticked publishes the job token.
    const own = traces.filter(({ where }) => where !== "variable system.accessToken");
    expect(findLeaks(issuedTokens(lab), own)).toEqual([]);
  });
});
