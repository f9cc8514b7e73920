import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { addToRoot } from "../bundles/bundles.ts";
import { findLeaks, issuedTokens } from "../leak-search.ts";
import { oldestNode } from "../nodes.ts";
import { writeScriptedCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

/** Every variable that could sign the CLI in as another identity. */
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

describe.each([oldestNode])("One way to sign in on $name", ({ path: node }) => {
  const { lab, checkout, deploy, requests } = useLab(node);

  it.each(["the agent's environment", "variables of the job"])("is not led astray by %s", async (source) => {
    const [step, { workspace }] = await requests(() =>
      deploy({
        ...(source === "variables of the job" ? { job: { variables: hostile } } : { agent: { environment: hostile } }),
        inputs: { target: "prod" },
        prepare(bundle, job) {
          fs.writeFileSync(path.join(job.homeDirectory, ".databrickscfg"), homeProfile);
          addToRoot(bundle, "    workspace:\n      profile: mine\n");
        },
      }),
    );
    expect(step).toMatchObject({ result: "Succeeded", outputs: { target: "prod" } });
    const mentions = step.log.filter((line) => line.startsWith("Not passed to the CLI, because "));
    const mentioned = mentions.flatMap((line) => line.replace(/^.*: |\.$/g, "").split(", "));
    expect(mentioned.sort()).toEqual(Object.keys(hostile).sort());
    expect(mentions).toContainEqual(
      expect.stringMatching(/only the service connection is used to sign in: .*ARM_CLIENT_ID/),
    );
    expect(mentions).toContainEqual(
      expect.stringMatching(/the step already has a target: DATABRICKS_BUNDLE_TARGET\.$/),
    );
    const subjects = new Set(workspace.map(({ subject }) => subject).filter(Boolean));
    expect(subjects).toEqual(new Set([lab.deployer.clientId]));
  });

  it("mentions the sign-in settings of the bundle that it does not use", async () => {
    const settings = "profile: mine\n      azure_client_id: 1f2e3d4c-0000-4000-8000-123456789abc";
    const step = await deploy({
      inputs: { target: "prod" },
      prepare: (bundle) => addToRoot(bundle, `    workspace:\n      ${settings}\n`),
    });
    expect(step.result).toBe("Succeeded");
    expect(step.log).toContainEqual(
      "Not used from the bundle, because only the service connection is used to sign in: workspace.profile.",
    );
    expect(step.warnings).toEqual([
      expect.stringMatching(/^The bundle's workspace\.azure_client_id is 1f2e3d4c-.*, but the step signs in as /),
    ]);
  });

  it("mentions the job's token, which a step gets only if it asks for it", async () => {
    const { run } = await checkout();
    const step = await run({}, { env: { SYSTEM_ACCESSTOKEN: "$(System.AccessToken)" } });
    expect(step.result).toBe("Succeeded");
    expect(step.text).toMatch(/^Not passed to the CLI, because programs of a bundle do not .*: SYSTEM_ACCESSTOKEN\.$/m);
  });

  it("does not mention variables that every job has", async () => {
    const step = await deploy({
      agent: { environment: { AZURE_EXTENSION_DIR: "/opt/az/azcliextensions" } },
    });
    expect(step.text).not.toContain("Not passed to the CLI");
  });

  it.each(["azure-cli", "pat", "azure-msi"])("names the line to remove when the bundle pins %s", async (authType) => {
    const [step, { azureDevOps }] = await requests(() =>
      deploy({
        inputs: { target: "prod" },
        prepare: (bundle) => addToRoot(bundle, `    workspace:\n      auth_type: ${authType}\n`),
      }),
    );
    expect(step.errors).toEqual([
      expect.stringMatching(new RegExp(`Remove the line "auth_type: ${authType}".*#bundle-authentication`, "s")),
    ]);
    expect(azureDevOps).toEqual([]);
  });

  it("finds such a line in an included file, and leaves other targets alone", async () => {
    const included = (bundle: string) =>
      fs.appendFileSync(
        path.join(bundle, "workflow.yml"),
        "\ntargets:\n  prod:\n    workspace:\n      auth_type: azure-cli\n",
      );
    const prod = await deploy({ inputs: { target: "prod" }, prepare: included });
    expect(prod.errors.join("\n")).toContain('Remove the line "auth_type: azure-cli"');
    const dev = await deploy({ inputs: { target: "dev" }, prepare: included });
    expect(dev.result).toBe("Succeeded");
  });

  it("finds it behind an escape, in a file that is included by a pattern without an extension", async () => {
    const step = await deploy({
      prepare(bundle) {
        const root = path.join(bundle, "databricks.yml");
        const text = fs.readFileSync(root, "utf8");
        fs.writeFileSync(root, text.replace("  - workflow.yml", '  - workflow.yml\n  - "more/*"'));
        fs.mkdirSync(path.join(bundle, "more"));
        fs.writeFileSync(path.join(bundle, "more", "a.yml"), 'workspace:\n  "auth\\u005ftype": azure-cli\n');
      },
    });
    expect(step.errors).toEqual([expect.stringContaining('Remove the line "auth_type: azure-cli"')]);
  });

  it("fails when the CLI says that the bundle chose another identity, which its files did not show", async () => {
    const real = await lab.programs.cli();
    const edit = `sed 's/"workspace": {/"workspace": {"auth_type": "azure-cli",/'`;
    const step = await deployWith(`if [ "$2" = summary ]; then '${real}' "$@" | ${edit}; else exec '${real}' "$@"; fi`);
    expect(step).toMatchObject({ result: "Failed", outputs: {} });
    expect(step.errors).toEqual([
      expect.stringMatching(/sets its own authentication \(azure-cli\).*#bundle-authentication/s),
    ]);
  });

  it("fails when the CLI succeeded without a token of this step", async () => {
    const version = `[ "$1" = version ] && echo '{"Version": "1.11.0"}' && exit`;
    const step = await deployWith(`${version}\necho '{"bundle": {"name": "sales", "target": "dev"}}'`);
    expect(step).toMatchObject({ result: "Failed", outputs: {} });
    expect(step.errors).toEqual([
      expect.stringMatching(/succeeded without asking for a token.*identity other than.*#bundle-authentication/s),
    ]);
  });

  /** Deploys with a script instead of the CLI. */
  function deployWith(script: string) {
    return deploy({ agent: { cli: writeScriptedCli(`${script}\n`) } });
  }

  it("serves what the CLI starts: a script of the bundle signs in as the same service principal, and sees no other", async () => {
    const script = "databricks api get /api/2.0/preview/scim/v2/Me > me.json; env > environment.txt";
    const step = await deploy({
      job: { variables: hostile, enableAccessToken: true },
      prepare(bundle) {
        fs.appendFileSync(
          path.join(bundle, "workflow.yml"),
          `\nexperimental:\n  scripts:\n    postinit: ${JSON.stringify(script)}\n`,
        );
      },
    });
    expect(step.result).toBe("Succeeded");
    const me = JSON.parse(fs.readFileSync(path.join(step.folder, "me.json"), "utf8")) as { userName: string };
    expect(me.userName).toBe(lab.deployer.clientId);
    const environment = fs.readFileSync(path.join(step.folder, "environment.txt"), "utf8");
    expect(environment).toContain("DATABRICKS_AUTH_TYPE=metadata-service");
    expect(environment).not.toMatch(
      /^(ARM_|AZURE_|GOOGLE_|ACTIONS_|SYSTEM_ACCESSTOKEN|ENDPOINT_|SECRET_|DATABRICKS_TOKEN)/m,
    );
    // The job's option to allow access to the OAuth token publishes the job token.
    const own = step.traces.filter(({ where }) => where !== "variable system.accessToken");
    expect(findLeaks(issuedTokens(lab), own)).toEqual([]);
  });
});
