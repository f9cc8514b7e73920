import { describe, expect, it } from "vitest";
import {
  bundleWorkspace,
  refuseResolvedWorkspace,
} from "../../../../tasks/DatabricksBundleDeploy/session/bundle-workspace.ts";

const host = "https://acme.azuredatabricks.net";
const step = { host, workspaceId: "123" };
const nothing = { host: undefined, workspaceId: undefined };

describe("The workspace that a bundle names", () => {
  it("is that of its host, with the ID from workspace_id or from the host", () => {
    expect(bundleWorkspace({ host: `${host}/?o=123`, workspaceId: undefined }, undefined)).toEqual(step);
    expect(bundleWorkspace({ host, workspaceId: "123" }, undefined)).toEqual(step);
    expect(bundleWorkspace({ host: `${host}/?o=123`, workspaceId: "123" }, undefined)).toEqual(step);
  });

  it("is unknown if only the CLI can resolve it", () => {
    expect(bundleWorkspace(nothing, undefined)).toBeUndefined();
    expect(bundleWorkspace({ host: "localhost", workspaceId: undefined }, undefined)).toBeUndefined();
  });

  it("does not have an address with http", () => {
    const declared = { host: "http://adb-1.7.azuredatabricks.net", workspaceId: undefined };
    expect(() => bundleWorkspace(declared, undefined)).toThrow(
      "The bundle's workspace.host is http://adb-1.7.azuredatabricks.net, but the address of a workspace begins with https://.",
    );
  });

  it("may leave the step's ID out, or repeat it", () => {
    for (const declared of [nothing, { host, workspaceId: undefined }, { host: undefined, workspaceId: "123" }]) {
      expect(() => bundleWorkspace(declared, step)).not.toThrow();
      expect(() => refuseResolvedWorkspace(declared, step)).not.toThrow();
    }
  });

  it.each([
    ["workspace_id", { host: undefined, workspaceId: "5" }],
    ["?o=", { host: `${host}/?o=5`, workspaceId: undefined }],
  ])("is refused as another one than the step's by its %s, also where only the CLI finds it", (_, declared) => {
    expect(() => bundleWorkspace(declared, step)).toThrow(/points to the workspace 5, .*123\. No token was sent\.$/);
    expect(() => refuseResolvedWorkspace(declared, step)).toThrow(
      /points to the workspace 5, .*123\. The CLI has used that workspace\.$/,
    );
  });

  it("is compared with the ID in the name of the step's host", () => {
    const named = { host: "https://adb-123.4.azuredatabricks.net", workspaceId: undefined };
    expect(() => bundleWorkspace({ host: undefined, workspaceId: "5" }, named)).toThrow(/the workspace 123\./);
    expect(() => bundleWorkspace({ host: undefined, workspaceId: "123" }, named)).not.toThrow();
  });
});
