import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { customHosts, workspaceHost } from "../../lab/lab.ts";
import type { RecordedRequest } from "../../lab/workspace/workspace.ts";
import { addScript, addToRoot } from "../bundles/bundles.ts";
import { newestNode } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const id = "1234567890123456";
const anyCloud = `https://${customHosts.anyCloud}`;
const azure = `https://${customHosts.azure}`;
const addressed = `${azure}/?o=${id}`;

/** Adds these lines to the `workspace` of the target prod. */
function withWorkspace(...lines: string[]) {
  return (bundle: string) => addToRoot(bundle, `    workspace:\n${lines.map((line) => `      ${line}\n`).join("")}`);
}

/** Requests that do not say which workspace they are for; public information does not need it. */
function unaddressed(requests: readonly RecordedRequest[]): readonly RecordedRequest[] {
  return requests.filter(({ path, workspaceId }) => !path.startsWith("/.well-known/") && workspaceId !== id);
}

describe.each([newestNode])("Custom URLs on $name", ({ path: node }) => {
  const { lab, deploy, requests } = useLab(node);

  it.each([
    ["?o=", `${anyCloud}/?o=${id}`],
    ["?w=, with the path of a page", `${azure}/jobs/5?w=${id}`],
  ])("deploys to the workspace that workspaceUrl names with %s", async (_, workspaceUrl) => {
    const host = new URL(workspaceUrl).host;
    lab.workspace.runs({});
    const [step, { workspace }] = await requests(() => deploy({ inputs: { workspaceUrl, run: "daily_sales" } }));
    const address = `https://${host}/?o=${id}`;
    expect(step, step.text).toMatchObject({ result: "Succeeded", issues: [], outputs: { workspaceUrl: address } });
    expect(new Set(workspace.map((request) => request.host))).toEqual(new Set([host]));
    expect(unaddressed(workspace)).toEqual([]);
    expect(step.text).toContain(`Signed in to ${address} as`);
    expect(step.page).toContain(`| Workspace | [${host}](${address}) |`);
    expect(step.outputs["runUrls"]).toMatch(new RegExp(`^https://${host}/jobs/\\d+/runs/\\d+\\?o=${id}$`));
    const summary = JSON.parse(fs.readFileSync(step.outputs["summaryPath"] ?? "", "utf8"));
    expect(summary.resources[0].url).toMatch(new RegExp(`^https://${host}/jobs/\\d+\\?[ow]=${id}$`));
  });

  it.each([
    ["with ?o=", [`host: ${addressed}`]],
    ["with ?w=", [`host: ${azure}/?w=${id}`]],
    ["with workspace_id", [`host: ${azure}`, `workspace_id: ${id}`]],
  ])("deploys to the workspace that only the bundle names, %s", async (_, lines) => {
    const [step, { workspace }] = await requests(() =>
      deploy({ inputs: { target: "prod", workspaceUrl: "" }, prepare: withWorkspace(...lines) }),
    );
    expect(step, step.text).toMatchObject({ result: "Succeeded", outputs: { workspaceUrl: addressed } });
    expect(unaddressed(workspace)).toEqual([]);
  });

  it.each([
    ["the same workspace", [`host: ${addressed}`]],
    ["only its ID", [`workspace_id: "${id}"`]],
    ["only the custom URL", [`host: ${azure}`]],
  ])("accepts a bundle that names %s as the step", async (_, lines) => {
    const step = await deploy({
      inputs: { target: "prod", workspaceUrl: addressed },
      prepare: withWorkspace(...lines),
    });
    expect(step, step.text).toMatchObject({ result: "Succeeded", outputs: { workspaceUrl: addressed } });
  });

  it("gives scripts of the bundle the workspace ID, and a token only for the custom URL", async () => {
    const script = `echo "$DATABRICKS_HOST $DATABRICKS_WORKSPACE_ID" > seen.txt
ask() { curl -s -o /dev/null -w "%{http_code} " -H "X-Databricks-Metadata-Version: 1" -H "X-Databricks-Host: $1" "$DATABRICKS_METADATA_SERVICE_URL" >> seen.txt; }
ask "$DATABRICKS_HOST"; ask "$DATABRICKS_HOST/?o=5"; ask ${anyCloud}; ask ${lab.workspace.url}; ask https://accounts.azuredatabricks.net`;
    const step = await deploy({
      inputs: { target: "prod", workspaceUrl: addressed },
      prepare(bundle) {
        fs.writeFileSync(path.join(bundle, "ask.sh"), script);
        addScript(bundle, "sh ./ask.sh");
      },
    });
    expect(step.result, step.text).toBe("Succeeded");
    expect(fs.readFileSync(path.join(step.folder, "seen.txt"), "utf8")).toMatch(
      new RegExp(`^${azure} ${id}\n200 403 403 403 403 `),
    );
  });

  it("drops an ID that only repeats the name of the workspace", async () => {
    const step = await deploy({ inputs: { workspaceUrl: `${lab.workspace.url}/?o=${id}#job/5` } });
    expect(step, step.text).toMatchObject({ result: "Succeeded", outputs: { workspaceUrl: lab.workspace.url } });
  });

  it.each([
    [`https://${workspaceHost}/?o=5`, /names more than one workspace: 1234567890123456 and 5\..*#inputs/s],
    [`${azure}/?o=5&w=6`, /names more than one workspace: 5 and 6\./],
    [`${azure}/?o=mine`, /contains \?o=mine, which is not a workspace ID\./],
    [anyCloud, /does not name a workspace: \?o=<workspace ID> is missing\..*from its address bar.*#wrong-host/s],
    [azure, /does not name a workspace: \?o=<workspace ID> is missing\..*from its address bar.*#wrong-host/s],
    ["https://accounts.azuredatabricks.net", /is the account console, not a workspace\..*#wrong-host/s],
    ["https://accounts.cloud.databricks.com", /is the account console, not a workspace\..*#wrong-host/s],
    [
      `https://westeurope.azuredatabricks.net/?o=${id}`,
      /is the name of an Azure region, not of a workspace\..*overview page.*#wrong-host/s,
    ],
    ["https://docs.databricks.com", /is not an Azure Databricks workspace/],
  ])("refuses the workspaceUrl %s before any request", async (workspaceUrl, message) => {
    const [step, { proxy: connections }] = await requests(() => deploy({ inputs: { workspaceUrl } }));
    expect(step.errors).toEqual([expect.stringMatching(message)]);
    expect(step.errors[0]).toContain(workspaceUrl.replace(/\/\?o=1.*$/, ""));
    expect(connections).toEqual([]);
  });

  it.each([
    [
      "the bundle names another workspace of the account",
      addressed,
      [`host: ${azure}/?o=5`],
      /points to the workspace 5, but the step's workspaceUrl is https:\/\/acme\.azuredatabricks\.net\/\?o=1234567890123456, .*No token was sent/,
    ],
    [
      "the bundle's workspace_id is that of another workspace",
      addressed,
      ["workspace_id: 5"],
      /points to the workspace 5, but the step's workspaceUrl is .*No token was sent/,
    ],
    [
      "the bundle's workspace_id is not that in the name of the step's workspace",
      `https://${workspaceHost}`,
      ["workspace_id: 5"],
      /points to the workspace 5, but .*the workspace 1234567890123456\. No token was sent/,
    ],
    [
      "the bundle names two workspaces",
      "",
      [`host: ${addressed}`, "workspace_id: 5"],
      /workspace\.host .* is the address of the workspace 1234567890123456, but its workspace\.workspace_id is 5\./,
    ],
    [
      "the bundle's custom URL contradicts itself",
      "",
      [`host: ${azure}/?o=5&w=6`],
      /The bundle's workspace\.host .* names more than one workspace: 5 and 6\./,
    ],
    [
      "the bundle's custom URL names no workspace",
      "",
      [`host: ${azure}`],
      /The bundle's workspace\.host .* does not name a workspace: \?o=<workspace ID> is missing\./,
    ],
    [
      "only the bundle names a custom URL that could be in any cloud",
      "",
      [`host: ${anyCloud}/?o=${id}`],
      /a custom URL, which gets a token only if workspaceUrl names it\. No token was sent\.\sSet the input workspaceUrl to https:\/\/acme\.databricks\.com\/\?o=1234567890123456\./,
    ],
    [
      "the bundle names the account console",
      "",
      ["host: https://accounts.azuredatabricks.net"],
      /The bundle's workspace\.host .* is the account console/,
    ],
    [
      "the bundle's workspace_id is a variable",
      addressed,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the bundle
      ["workspace_id: ${var.region}"],
      /workspace\.workspace_id is \$\{var\.region\}, but it cannot contain a variable\./,
    ],
  ])("ends before any request if %s", async (_, workspaceUrl, lines, message) => {
    const [step, { proxy: connections }] = await requests(() =>
      deploy({ inputs: { target: "prod", workspaceUrl }, prepare: withWorkspace(...lines) }),
    );
    expect(step.errors).toEqual([expect.stringMatching(message)]);
    expect(step.errors[0]).toContain("#wrong-host");
    expect(connections).toEqual([]);
  });

  it("does not send a token to the default workspace of a custom URL when the ID is that of another one", async () => {
    const [step, { workspace }] = await requests(() => deploy({ inputs: { workspaceUrl: `${azure}/?o=5` } }));
    expect(step.errors).toEqual([expect.stringMatching(/denied access.*Unauthorized access to Org: 5/s)]);
    expect(workspace.map(({ workspaceId }) => workspaceId)).toEqual(["5"]);
  });
});
