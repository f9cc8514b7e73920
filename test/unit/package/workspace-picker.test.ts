import { describe, expect, it } from "vitest";
import { parseWorkspaceAddress } from "../../../tasks/common/databricks/workspace/address.ts";
import { tasks } from "./project.ts";

const subscription = "6a0c7b1e-2f53-4d8e-9a11-0c5d3e7f9b21";

/** Azure Resource Manager's answer, as its API describes it: Workspaces - List By Subscription. */
const answer = {
  value: [
    workspace("analytics", "adb-1234567890123456.7.azuredatabricks.net"),
    workspace("machine-learning", "adb-6543210987654321.0.azuredatabricks.net"),
  ],
};

function workspace(name: string, workspaceUrl: string) {
  const group = `/subscriptions/${subscription}/resourceGroups`;
  return {
    id: `${group}/data/providers/Microsoft.Databricks/workspaces/${name}`,
    name,
    type: "Microsoft.Databricks/workspaces",
    location: "westeurope",
    sku: { name: "premium" },
    properties: {
      managedResourceGroupId: `${group}/managed-${name}`,
      provisioningState: "Succeeded",
      workspaceId: workspaceUrl.slice("adb-".length, workspaceUrl.indexOf(".")),
      workspaceUrl,
    },
  };
}

/** Fills `{{{a.b}}}` with `values.a.b`, as the server does; throws for what is not there. */
function filled(template: string, values: object): string {
  return template.replace(/\{\{\{([\w.]+)\}\}\}/g, (_, place: string) => {
    const found = place.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], values);
    if (typeof found !== "string") throw new Error(`There is no ${place}.`);
    return found;
  });
}

/** The elements that `jsonpath:$.member[*]` selects; throws for any other selector. */
function selected(selector: string, json: Readonly<Record<string, unknown>>): object[] {
  const [, member = ""] = /^jsonpath:\$\.(\w+)\[\*\]$/.exec(selector) ?? [];
  const list = json[member];
  if (!Array.isArray(list)) throw new Error(`${selector} selects no list.`);
  return list;
}

const picking = tasks.filter(({ definition }) => definition.inputs.some(({ name }) => name === "workspaceUrl"));

it("is in every task that signs in", () => {
  expect(picking.map(({ name }) => name)).toEqual(["DatabricksBundleDeploy", "DatabricksLogin"]);
});

describe.each(picking)("the picker of workspaces of $name", ({ definition }) => {
  const [binding, ...others] = definition.dataSourceBindings ?? [];
  const choices = selected(binding?.resultSelector ?? "", answer).map(
    (one) => JSON.parse(filled(binding?.resultTemplate ?? "", one)) as Record<string, string>,
  );

  it("belongs to the workspace URL, and accepts typed values such as a variable or an unlisted workspace", () => {
    expect(others).toEqual([]);
    expect(binding).toMatchObject({ target: "workspaceUrl", endpointId: "$(connectedServiceNameARM)" });
    const input = definition.inputs.find(({ name }) => name === "workspaceUrl");
    expect(input).toMatchObject({ type: "pickList", properties: { EditableOptions: "True" } });
  });

  it("requests the workspaces of the connection's subscription from Azure Resource Manager", () => {
    const endpoint = { url: "https://management.azure.com/", subscriptionId: subscription };
    const url = new URL(filled(binding?.endpointUrl ?? "", { endpoint }));
    expect(url.origin).toBe("https://management.azure.com");
    // The connection's address ends with a slash, and tasks of Azure's own add another one.
    expect(url.pathname.replace("//", "/")).toBe(
      `/subscriptions/${subscription}/providers/Microsoft.Databricks/workspaces`,
    );
    expect(url.search).toBe("?api-version=2024-05-01");
  });

  it("shows each workspace by name, with a value that the input accepts", () => {
    expect(choices).toEqual([
      {
        Value: "https://adb-1234567890123456.7.azuredatabricks.net",
        DisplayValue: "analytics (adb-1234567890123456.7.azuredatabricks.net)",
      },
      {
        Value: "https://adb-6543210987654321.0.azuredatabricks.net",
        DisplayValue: "machine-learning (adb-6543210987654321.0.azuredatabricks.net)",
      },
    ]);
    for (const { Value = "" } of choices)
      expect(parseWorkspaceAddress(Value)).toEqual({ host: Value, workspaceId: undefined });
  });
});
