import { describe, expect, it } from "vitest";
import { loginPath, variablesOfLogin } from "../../../tasks/common/sign-in/login-variables.ts";

const host = "https://adb-1.2.azuredatabricks.net";
const service = "http://127.0.0.1:40123";

/** What a login sets for this workspace. */
function environmentOf(workspaceId?: string): Record<string, string> {
  return {
    DATABRICKS_HOST: host,
    DATABRICKS_AUTH_TYPE: "metadata-service",
    DATABRICKS_METADATA_SERVICE_URL: service + loginPath([host, workspaceId]),
    ...(workspaceId ? { DATABRICKS_WORKSPACE_ID: workspaceId } : {}),
  };
}

const client = { DATABRICKS_CLIENT_ID: "the id", DATABRICKS_CLIENT_SECRET: "the secret" };
const oauth = { ...client, DATABRICKS_DISCOVERY_URL: service + loginPath(["the id", "the secret"]) };

describe("The variables of a login", () => {
  it("are recognized by their values", () => {
    expect(variablesOfLogin(environmentOf()).sort()).toEqual(Object.keys(environmentOf()).sort());
    const custom = environmentOf("123");
    expect(variablesOfLogin(custom).sort()).toEqual(Object.keys(custom).sort());
    expect(variablesOfLogin({ ...environmentOf(), ...oauth })).toHaveLength(6);
  });

  it.each([
    ["another host", { DATABRICKS_HOST: "https://adb-3.4.azuredatabricks.net" }],
    ["another workspace at the host", { DATABRICKS_WORKSPACE_ID: "456" }],
    ["another way to sign in", { DATABRICKS_AUTH_TYPE: "pat" }],
    ["another metadata service", { DATABRICKS_METADATA_SERVICE_URL: "http://127.0.0.1:8080/token" }],
    ["a service elsewhere", { DATABRICKS_METADATA_SERVICE_URL: `https://example.com${loginPath([host, "123"])}` }],
  ])("are not recognized with %s", (_, changed) => {
    expect(variablesOfLogin({ ...environmentOf("123"), ...changed })).toEqual([]);
  });

  it("do not include a client that somebody else has set", () => {
    const own = { ...environmentOf(), ...oauth, DATABRICKS_CLIENT_SECRET: "another secret" };
    expect(variablesOfLogin(own).sort()).toEqual(Object.keys(environmentOf()).sort());
    expect(variablesOfLogin({ ...environmentOf(), ...client })).not.toContain("DATABRICKS_CLIENT_ID");
  });

  it("are none in an environment without a login", () => {
    expect(variablesOfLogin({})).toEqual([]);
    expect(variablesOfLogin({ DATABRICKS_HOST: host, DATABRICKS_TOKEN: "x" })).toEqual([]);
  });

  it("contain 256 random bits", () => {
    const [first, second] = [loginPath([host]), loginPath([host])];
    expect(first.split("/")[1]).toBe(second.split("/")[1]);
    expect(Buffer.from(first.split("/")[2] ?? "", "base64url")).toHaveLength(32);
    expect(first).not.toBe(second);
  });
});
