import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { installTools, runAzureScript, scripts, type Tools } from "./files.ts";

const clientId = "11111111-aaaa-4aaa-8aaa-111111111111";
const tenantId = "22222222-bbbb-4bbb-8bbb-222222222222";
const issuer = `https://login.microsoftonline.com/${tenantId}/v2.0`;
const subject = "/eid1/c/pub/t/u7u7/a/JVj2/sc/55555555/44444444-dddd-4ddd-8ddd-444444444444";

let tools: Tools;
beforeAll(async () => {
  tools = await installTools();
});

function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "setup-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

/** A file with a fault, in place of one of the scripts. */
function broken(name: string, right: string, wrong: string): string {
  const text = fs.readFileSync(path.join(scripts, name), "utf8");
  if (!text.includes(right)) throw new Error(`${name} does not contain ${right}.`);
  const file = path.join(temporaryFolder(), name);
  fs.writeFileSync(file, text.replace(right, wrong));
  return file;
}

describe("azure.sh", () => {
  it("has nothing that ShellCheck finds", async () => {
    expect(await tools.shellcheck(path.join(scripts, "azure.sh"))).toBe("");
  });

  it.each([
    ["a quote that is open", 'echo "Done.', "echo Done.'"],
    ["a variable that is not set", '--issuer "$issuer"', '--issuer "$issuers"'],
  ])("would be refused with %s", async (_fault, right, wrong) => {
    expect(await tools.shellcheck(broken("azure.sh", right, wrong))).not.toBe("");
  });

  it("passes on what each step returns: client ID, tenant, issuer, subject", async () => {
    const folder = temporaryFolder();
    const commands = await runAzureScript(folder);
    const settings: unknown = JSON.parse(fs.readFileSync(path.join(folder, "connection.json"), "utf8"));
    expect(settings).toMatchObject({
      name: "databricks-dev",
      data: { subscriptionName: "Analytics, Europe", creationMode: "Manual" },
      authorization: {
        scheme: "WorkloadIdentityFederation",
        parameters: { tenantid: tenantId, serviceprincipalid: clientId },
      },
      serviceEndpointProjectReferences: [{ projectReference: { id: "33333333-cccc-4ccc-8ccc-333333333333" } }],
    });
    const credential = commands.find((command) => command.startsWith("az identity federated-credential create"));
    expect(credential).toContain(`--issuer ${issuer} --subject ${subject} --audiences api://AzureADTokenExchange`);
    const member: unknown = JSON.parse(fs.readFileSync(path.join(folder, "member"), "utf8"));
    expect(member).toMatchObject({ applicationId: clientId, entitlements: [{ value: "workspace-access" }] });
  });

  it("keeps what exists when it runs again", async () => {
    const folder = temporaryFolder();
    await runAzureScript(folder);
    const again = (await runAzureScript(folder)).join("\n");
    expect(again).not.toMatch(/service-endpoint create|databricks api post/);
    expect(again).toContain(`--issuer ${issuer} --subject ${subject}`);
  });

  it("deploys identity.bicep twice with parameters that the file has, the second time with issuer and subject", async () => {
    const commands = await runAzureScript(temporaryFolder(), "identity.bicep");
    const { parameters } = await tools.contents(path.join(scripts, "identity.bicep"));
    const deployments = commands.filter((command) => command.startsWith("az deployment group create"));
    const given = deployments.map((command) => [...command.matchAll(/(\w+)=(\S+)/g)].map(([, name]) => name));
    expect(given).toEqual([
      ["identityName", "location"],
      ["identityName", "location", "credentialName", "issuer", "subject"],
    ]);
    expect(given[1]?.toSorted()).toEqual(Object.keys(parameters as object).sort());
    expect(deployments[1]).toContain(`issuer=${issuer} subject=${subject}`);
    expect(commands.join("\n")).not.toMatch(/identity create|federated-credential/);
  });
});

describe("identity.bicep", () => {
  it("creates the identity and, once the issuer is given, its credential", async () => {
    const { resources, outputs } = await tools.contents(path.join(scripts, "identity.bicep"));
    const identity = "Microsoft.ManagedIdentity/userAssignedIdentities";
    expect(resources).toMatchObject({
      identity: { type: identity, config: { name: "identityName" } },
      credential: {
        type: `${identity}/federatedIdentityCredentials`,
        config: {
          condition: { operator: { type: "not" } },
          config: {
            parent: "identity",
            properties: { issuer: "issuer", subject: "subject", audiences: ["api://AzureADTokenExchange"] },
          },
        },
      },
    });
    expect(Object.keys(outputs as object)).toEqual(["clientId", "tenantId"]);
  });

  it("would be refused with a value that is missing", async () => {
    const file = broken("identity.bicep", "name: identityName", "name:");
    await expect(tools.contents(file)).rejects.toThrow("UnexpectedToken");
  });
});

/** The arguments that a resource must have, as the documentation of its provider lists them. */
const required: Readonly<Record<string, readonly string[]>> = {
  azurerm_user_assigned_identity: ["name", "resource_group_name", "location"],
  azuredevops_serviceendpoint_azurerm: [
    ...["project_id", "service_endpoint_name", "service_endpoint_authentication_scheme"],
    ...["azurerm_spn_tenantid", "azurerm_subscription_id", "azurerm_subscription_name", "credentials"],
  ],
  azuredevops_pipeline_authorization: ["project_id", "resource_id", "type"],
  azurerm_federated_identity_credential: ["name", "parent_id", "audience", "issuer", "subject"],
  databricks_service_principal: ["application_id"],
};

type Blocks = readonly Readonly<Record<string, Readonly<Record<string, unknown>>>>[];
const unquoted = (name: string) => name.replaceAll('"', "");
/** `type.name` of each block with two labels. */
const namesOf = (blocks: Blocks) =>
  blocks.flatMap((block) =>
    Object.entries(block).flatMap(([type, named]) =>
      Object.keys(named).map((name) => `${unquoted(type)}.${unquoted(name)}`),
    ),
  );

describe("main.tf", () => {
  const parsed = () => tools.contents(path.join(scripts, "main.tf")) as Promise<Record<string, Blocks>>;

  it("refers only to variables, data and resources that it declares, and uses each variable", async () => {
    const { variable = [], data = [], resource = [], output = [], ...rest } = await parsed();
    const uses = JSON.stringify([data, resource, output, rest]);
    const variables = variable.flatMap((block) => Object.keys(block).map(unquoted));
    const used = [...uses.matchAll(/var\.(\w+)/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(variables.sort());
    const declared = [...namesOf(resource), ...namesOf(data).map((name) => `data.${name}`)];
    const references = [...uses.matchAll(/\b((?:data\.)?(?:azurerm|azuredevops|databricks)_\w+\.\w+)\.\w/g)];
    expect(references.length).toBeGreaterThan(10);
    for (const [, reference] of references) expect(declared).toContain(reference);
  });

  it("gives each resource the arguments that it needs, and its federated credential those of the connection", async () => {
    const { resource = [] } = await parsed();
    const types = namesOf(resource).map((name) => name.split(".")[0]);
    expect(types.sort()).toEqual(Object.keys(required).sort());
    for (const block of resource) {
      for (const [type, named] of Object.entries(block)) {
        const given = Object.keys(Object.values(named)[0] as object);
        expect(given, type).toEqual(expect.arrayContaining([...(required[unquoted(type)] ?? [])]));
      }
    }
    const connection = "azuredevops_serviceendpoint_azurerm.databricks.workload_identity_federation";
    expect(JSON.stringify(resource)).toContain(`"issuer":"\${${connection}_issuer}"`);
    expect(JSON.stringify(resource)).toContain(`"subject":"\${${connection}_subject}"`);
  });

  it("would be refused with a brace that is missing", async () => {
    await expect(tools.contents(broken("main.tf", "features {}", "features {"))).rejects.toThrow("Unexpected");
  });
});
