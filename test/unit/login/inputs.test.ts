import { describe, expect, it, vi } from "vitest";
import { loadInputs } from "../../../tasks/DatabricksLogin/inputs.ts";

const given: { inputs: Record<string, string> } = { inputs: {} };

vi.mock("azure-pipelines-task-lib/task", () => ({
  getInput: (name: string) => given.inputs[name],
  getVariable: () => undefined,
  getVariables: () => [],
  setStdStream: () => undefined,
}));

const usual = { connectedServiceNameARM: "ABC", workspaceUrl: "https://acme.databricks.com/?o=123" };

function load(inputs: Record<string, string>) {
  given.inputs = inputs;
  return loadInputs();
}

describe("Inputs of a login step", () => {
  it("are read into one object", () => {
    expect(load(usual)).toEqual({
      connectionId: "abc",
      host: "https://acme.databricks.com",
      workspaceId: "123",
      workspace: { host: "https://acme.databricks.com", workspaceId: "123" },
      authentication: "entra",
      databricksClientId: undefined,
      oauthClient: false,
    });
  });

  it("are reported together if they are missing or wrong", () => {
    expect(() => load({ oauthClient: "maybe" })).toThrow(
      /3 inputs of this step.*workspaceUrl: is required\..*azureSubscription: is required\..*oauthClient: "maybe" is not true or false\./s,
    );
    expect(() => load({ ...usual, databricksClientId: "x", workspaceUrl: "http://a.b" })).toThrow(
      /workspaceUrl: "http:\/\/a\.b" is not an https address.*databricksClientId: can be used only with/s,
    );
  });
});
