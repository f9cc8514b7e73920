import { describe, expect, it } from "vitest";
import { parseBundleSummary } from "../../../../tasks/common/databricks/cli/summary.ts";
import { UserError } from "../../../../tasks/common/pipeline/errors.ts";
import {
  isStateMissed,
  requireNothingDeployed,
} from "../../../../tasks/DatabricksBundleDeploy/commands/nothing-deployed.ts";
import type { Step } from "../../../../tasks/DatabricksBundleDeploy/session/step.ts";

const host = "https://adb-1234567890123456.7.azuredatabricks.net";
const root = "/Workspace/Users/me/.bundle/sales/prod";
const direct = JSON.stringify({ state_version: 2, lineage: "a", serial: 3, state: { "resources.jobs.a": {} } });
const terraform = JSON.stringify({ version: 4, resources: [{ type: "databricks_job" }] });
const missing = { status: 404, text: '{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"It does not exist."}' };

type Answer = { readonly status: number; readonly text: string; readonly headers?: object };

/** A step whose workspace gives these answers about paths, and about the files of the state folder by name. */
function stepWith(answers: Readonly<Record<string, Answer>>): Step {
  const send = async ({ url }: { url: string }) => {
    const name = (new URL(url).searchParams.get("path") ?? "").replace(`${root}/state/`, "");
    return { headers: {}, ...(answers[name] ?? missing) };
  };
  const workspace = { host, workspaceId: undefined, http: { send }, token: async () => ({ value: "t" }) };
  return { workspace: () => workspace, cancel: new AbortController().signal } as unknown as Step;
}

function file(text: string): Answer {
  return { status: 200, text: JSON.stringify({ content: Buffer.from(text).toString("base64") }) };
}

function summaryWith(id: string | undefined) {
  const workspace = { root_path: root, state_path: `${root}/state`, file_path: `${root}/files` };
  const resources = { jobs: { a: { name: "a", ...(id && { id }) } } };
  return parseBundleSummary(JSON.stringify({ bundle: { name: "sales", target: "prod" }, workspace, resources }));
}

describe("A bundle of which the CLI finds nothing that is deployed", () => {
  const summary = summaryWith(undefined);

  it.each([
    ["no state", {}, false],
    [
      "a state without resources",
      { "resources.json": file('{"state_version":2,"lineage":"a","serial":4,"state":{}}') },
      false,
    ],
    ["a state of the direct engine", { "resources.json": file(direct) }, true],
    ["a state of Terraform", { "terraform.tfstate": file(terraform) }, true],
  ])("is looked at again only if the workspace has its resources: %s", async (_, answers, isMissed) => {
    expect(await isStateMissed(stepWith(answers), summary)).toBe(isMissed);
  });

  it("is not looked at again if the CLI has found a resource", async () => {
    expect(await isStateMissed(stepWith({ "resources.json": file(direct) }), summaryWith("17"))).toBe(false);
  });

  it.each([
    [
      "a redirect",
      { status: 302, text: "", headers: { location: "https://elsewhere.example/" } },
      /answered with a redirect \(302\) instead of a response of the API\.$/,
    ],
    ["a 404 of a gateway", { status: 404, text: "default backend - 404" }, /answered with 404/],
    ["an error", { status: 403, text: '{"message":"Forbidden"}' }, /answered with 403: Forbidden\.$/],
  ])("ends the step if the answer is %s", async (_, answer, reason) => {
    const failed = isStateMissed(stepWith({ "terraform.tfstate": answer }), summary);
    await expect(failed).rejects.toThrow(UserError);
    await expect(failed).rejects.toThrow(
      /^The CLI found no deployment of the bundle sales to the target prod, but the task could not confirm this: https:/,
    );
    await expect(failed).rejects.toThrow(reason);
  });
});

describe("A destroy that finds nothing", () => {
  const status = (answer: Answer) => stepWith({ [root]: answer });

  it("succeeds if the bundle's folder does not exist, whatever this agent and a state elsewhere remember", async () => {
    const step = stepWith({ "resources.json": file(direct) });
    await expect(requireNothingDeployed(step, summaryWith("17"))).resolves.toBeUndefined();
  });

  it("fails if the folder is there, and if the workspace does not answer", async () => {
    const folder = { status: 200, text: JSON.stringify({ object_type: "DIRECTORY", path: root }) };
    await expect(requireNothingDeployed(status(folder), summaryWith(undefined))).rejects.toThrow(
      `Nothing was destroyed: the CLI found no deployment of the bundle sales to the target prod, but its folder ${root} is there.`,
    );
    const page = { status: 404, text: "default backend - 404" };
    await expect(requireNothingDeployed(status(page), summaryWith(undefined))).rejects.toThrow(
      /could not confirm this/,
    );
  });
});
