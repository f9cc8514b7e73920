import { describe, expect, it } from "vitest";
import type { WorkspaceAddress } from "../../../tasks/common/databricks/workspace/address.ts";
import { loginPath } from "../../../tasks/common/sign-in/login-variables.ts";
import { jobVariablesFor, refuseJobVariables } from "../../../tasks/DatabricksLogin/variables.ts";

const host = "https://adb-1.2.azuredatabricks.net";
const workspace = { host, workspaceId: undefined };
const addresses = {
  metadataServiceUrl: `http://127.0.0.1:1${loginPath([host, undefined])}`,
  stopUrl: "http://127.0.0.1:1/stop",
  oauth: undefined,
};
const oauth = {
  id: "the id",
  secret: "the secret",
  discoveryUrl: `http://127.0.0.1:1${loginPath(["the id", "the secret"])}`,
};
const usual = {
  DATABRICKS_HOST: host,
  DATABRICKS_AUTH_TYPE: "metadata-service",
  DATABRICKS_METADATA_SERVICE_URL: addresses.metadataServiceUrl,
};
const client = {
  DATABRICKS_CLIENT_ID: oauth.id,
  DATABRICKS_CLIENT_SECRET: oauth.secret,
  DATABRICKS_DISCOVERY_URL: oauth.discoveryUrl,
};

describe("The job variables of a login", () => {
  it("name the workspace, the way to sign in and the metadata service", () => {
    expect(jobVariablesFor(workspace, addresses, {})).toEqual(usual);
  });

  it("name the workspace's ID at a custom URL", () => {
    const custom = { host: "https://acme.databricks.com", workspaceId: "123" };
    expect(jobVariablesFor(custom, addresses, {})).toMatchObject({ DATABRICKS_WORKSPACE_ID: "123" });
  });

  it("contain the OAuth client only if there is one", () => {
    expect(jobVariablesFor(workspace, { ...addresses, oauth }, {})).toEqual({ ...usual, ...client });
  });

  it.each([
    ["no proxy", {}, {}],
    ["a proxy", { HTTPS_PROXY: "http://proxy:8080" }, { NO_PROXY: "127.0.0.1,localhost" }],
    ["a proxy in lower case", { http_proxy: "http://proxy:8080" }, { NO_PROXY: "127.0.0.1,localhost" }],
    [
      "a list",
      { HTTP_PROXY: "p", NO_PROXY: "a.example, .b.example" },
      { NO_PROXY: "a.example,.b.example,127.0.0.1,localhost" },
    ],
    ["a list in lower case", { HTTP_PROXY: "p", NO_PROXY: "a", no_proxy: "b" }, { no_proxy: "b,127.0.0.1,localhost" }],
    ["a list with this machine in it", { HTTP_PROXY: "p", NO_PROXY: "localhost,127.0.0.1,a" }, {}],
    ["a list of one host of two", { HTTP_PROXY: "p", NO_PROXY: "localhost" }, { NO_PROXY: "localhost,127.0.0.1" }],
    ["all hosts", { HTTP_PROXY: "p", NO_PROXY: "*" }, {}],
    ["a list without a proxy", { NO_PROXY: "a" }, {}],
  ])("keep requests to the service away from a proxy: %s", (_, environment, expected) => {
    expect(jobVariablesFor(workspace, addresses, environment)).toEqual({ ...usual, ...expected });
  });

  it.each([
    ["another name than the machine's", "NO_PROXY", "job.example", { no_proxy: "a,job.example,127.0.0.1,localhost" }],
    ["all hosts", "NO_PROXY", "*", { no_proxy: "*" }],
    ["nothing new", "NO_PROXY", "a", { no_proxy: "a,127.0.0.1,localhost" }],
  ])("keep the list that they replace, a variable of the job with %s", (_, name, value, expected) => {
    const environment = { HTTP_PROXY: "p", no_proxy: "a", [name]: value };
    const ofJob = [{ name, value, secret: false }];
    expect(jobVariablesFor(workspace, addresses, environment, ofJob)).toEqual({ ...usual, ...expected });
  });

  it("empty what an earlier login has set for another workspace or client", () => {
    const custom = { host: "https://acme.databricks.com", workspaceId: "123" };
    const url = `http://127.0.0.1:2${loginPath([custom.host, custom.workspaceId])}`;
    const before = jobVariablesFor(custom, { ...addresses, metadataServiceUrl: url, oauth }, {});
    const empty = Object.fromEntries(["DATABRICKS_WORKSPACE_ID", ...Object.keys(client)].map((name) => [name, ""]));
    expect(jobVariablesFor(workspace, addresses, before)).toEqual({ ...usual, ...empty });
  });

  it("empty the profile that the CLI would use instead of the login", () => {
    const variables = jobVariablesFor(workspace, addresses, { DATABRICKS_CONFIG_PROFILE: "dev" });
    expect(variables).toEqual({ ...usual, DATABRICKS_CONFIG_PROFILE: "" });
    expect(jobVariablesFor(workspace, addresses, { DATABRICKS_CONFIG_PROFILE: "" })).toEqual(usual);
  });

  it("leave a client alone that somebody else has set", () => {
    const own = { DATABRICKS_CLIENT_ID: "own", DATABRICKS_CLIENT_SECRET: "own" };
    expect(jobVariablesFor(workspace, addresses, own)).toEqual(usual);
  });
});

describe("A secret variable of the job", () => {
  const secret = (name: string) => ({ name, value: "a secret", secret: true });

  it("is refused with the name of a variable that the login sets", () => {
    const ofJob = [secret("databricks.host"), secret("other")];
    expect(() => refuseJobVariables(ofJob, { workspace, oauthClient: false })).toThrow(
      /names that the login sets: databricks\.host\./,
    );
  });

  it("may have the name of the OAuth client's variables if there is no OAuth client", () => {
    const ofJob = [secret("DATABRICKS_CLIENT_SECRET")];
    expect(() => refuseJobVariables(ofJob, { workspace, oauthClient: false })).not.toThrow();
    expect(() => refuseJobVariables(ofJob, { workspace, oauthClient: true })).toThrow(/DATABRICKS_CLIENT_SECRET/);
  });
});

describe("A variable of the job that is not secret", () => {
  const check = (name: string, value: string, oauthClient = false, of: WorkspaceAddress = workspace) =>
    refuseJobVariables([{ name, value, secret: false }], { workspace: of, oauthClient });

  it.each(["DATABRICKS_HOST", "databricks_host", "DATABRICKS_AUTH_TYPE"])("is replaced by the login: %s", (name) => {
    expect(() => check(name, "other")).not.toThrow();
  });

  it.each([
    ["databricks.host", "https://adb-3.4.azuredatabricks.net"],
    ["Databricks Host", "adb-1.2.azuredatabricks.net"],
    ["databricks.host", ""],
    ["databricks.auth.type", "pat"],
    ["DATABRICKS_AUTH.TYPE", "pat"],
    ["databricks.metadata.service.url", host],
    ["databricks.workspace.id", "2"],
    ["databricks.config.profile", "dev"],
  ])("is refused if it becomes the same variable of the environment: %s=%s", (name, value) => {
    expect(() => check(name, value)).toThrow(`: ${name} (`);
  });

  it.each([
    ["databricks.host", host],
    ["databricks.host", `${host}/`],
    ["databricks.auth.type", "metadata-service"],
    ["databricks.workspace.id", "1"],
    ["databricks.workspace", "other"],
  ])("may become the same variable with the value of the login: %s=%s", (name, value) => {
    expect(() => check(name, value)).not.toThrow();
  });

  it("may name the workspace at a custom URL", () => {
    const custom = { host: "https://acme.databricks.com", workspaceId: "123" };
    expect(() => check("databricks.workspace.id", "123", false, custom)).not.toThrow();
    expect(() => check("databricks.workspace.id", "124", false, custom)).toThrow(/databricks\.workspace\.id/);
  });

  it("concerns the OAuth client's variables only if there is an OAuth client", () => {
    expect(() => check("databricks.client.id", "an application")).not.toThrow();
    expect(() => check("databricks.client.id", "an application", true)).toThrow(/databricks\.client\.id/);
  });
});
