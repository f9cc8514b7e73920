import { describe, expect, it } from "vitest";
import {
  addressText,
  isPageOf,
  pageOf,
  parseWorkspaceAddress,
  workspaceIdOf,
} from "../../../../tasks/common/databricks/workspace/address.ts";

const perWorkspace = "https://adb-1.2.azuredatabricks.net";
const custom = { host: "https://acme.databricks.com", workspaceId: "123" };

describe("The address of a workspace", () => {
  it.each([
    [perWorkspace, perWorkspace, undefined],
    ["adb-1.2.azuredatabricks.net/", perWorkspace, undefined],
    ["HTTPS://ADB-1.2.AzureDatabricks.net/?o=1#job/5", perWorkspace, undefined],
    ["https://acme.databricks.com/?o=123", custom.host, "123"],
    ["acme.databricks.com/jobs/5?w=123&view=list", custom.host, "123"],
    ["https://acme.databricks.com/?workspace_id=123&o=123", custom.host, "123"],
    ["https://acme.databricks.com/?w=connection-1", custom.host, "connection-1"],
    ["https://acme.databricks.com/?o=", custom.host, undefined],
    ["https://dbc-a1-b2.cloud.databricks.com/?o=123", "https://dbc-a1-b2.cloud.databricks.com", "123"],
    ["https://1.2.gcp.databricks.com/?o=1", "https://1.2.gcp.databricks.com", undefined],
  ])("is read from %s", (text, host, workspaceId) => {
    expect(parseWorkspaceAddress(text)).toEqual({ host, workspaceId });
  });

  it.each(["http://acme.databricks.com/?o=1", "https://me:secret@acme.databricks.com", "acme", "https://", ""])(
    "is not read from %j",
    (text) => {
      expect(parseWorkspaceAddress(text)).toBeUndefined();
    },
  );

  it.each([
    [`${perWorkspace}/?o=5`, "names more than one workspace: 1 and 5"],
    ["https://acme.databricks.com/?o=5&w=6", "names more than one workspace: 5 and 6"],
    ["https://acme.databricks.com/?o=5&o=6", "names more than one workspace: 5 and 6"],
    ["https://acme.databricks.com/?o=x5", "contains ?o=x5, which is not a workspace ID"],
    [
      "https://a.azuredatabricks.net,https://b.azuredatabricks.net",
      "contains a comma or a semicolon, but must be one address",
    ],
    [
      `${perWorkspace}/\nhttps://adb-3.4.azuredatabricks.net`,
      "contains a blank or a line break, but must be one address",
    ],
    [`${perWorkspace}/ ${perWorkspace}`, "contains a blank or a line break, but must be one address"],
    [`${perWorkspace}/\u0000`, "contains a blank or a line break, but must be one address"],
    [`${perWorkspace}:8443/`, "contains the port 8443, but the address of a workspace has no port"],
    [`${perWorkspace}.`, "ends with a dot after the name of the host"],
    [
      "https://adb-12.azuredatabricks.net",
      "is not complete: a number is missing after adb-12, as in adb-12.7.azuredatabricks.net",
    ],
    [
      "adb-12.databricks.azure.us",
      "is not complete: a number is missing after adb-12, as in adb-12.7.databricks.azure.us",
    ],
    ["https://acme.databricks.com/?w=a%0Ahost", "contains ?w=a\nhost, which is not a workspace ID"],
  ])("does not name one workspace in %s", (text, problem) => {
    expect(parseWorkspaceAddress(text)).toEqual({ problem });
  });

  it("contains the workspace ID in its name or in ?o=", () => {
    expect(workspaceIdOf({ host: perWorkspace, workspaceId: undefined })).toBe("1");
    expect(workspaceIdOf(custom)).toBe("123");
    expect(workspaceIdOf({ host: "https://dbc-a1-b2.cloud.databricks.com", workspaceId: undefined })).toBeUndefined();
  });

  it("has ?o= in links only where the name stands for several workspaces", () => {
    expect(pageOf(custom, "/jobs/5")).toBe("https://acme.databricks.com/jobs/5?o=123");
    expect(addressText(custom)).toBe("https://acme.databricks.com/?o=123");
    const aws = { host: "https://dbc-a1-b2.cloud.databricks.com", workspaceId: "123" };
    expect(pageOf(aws, "/jobs/5")).toBe(`${aws.host}/jobs/5`);
    expect(addressText(aws)).toBe(aws.host);
  });

  it("recognizes pages that need no further parameter", () => {
    expect(isPageOf("https://acme.databricks.com/jobs/5?w=123", custom)).toBe(true);
    expect(isPageOf("https://acme.databricks.com/jobs/5", custom)).toBe(false);
    expect(isPageOf("https://acme.databricks.com/jobs/5?o=6", custom)).toBe(false);
    expect(isPageOf(`${perWorkspace}/jobs/5`, custom)).toBe(false);
    expect(isPageOf("no URL", custom)).toBe(false);
    expect(isPageOf(`${perWorkspace}/jobs/5?o=900`, { host: perWorkspace, workspaceId: undefined })).toBe(true);
  });
});
