import { describe, expect, it } from "vitest";
import { loginPath } from "../../../tasks/common/sign-in/login-variables.ts";
import { jobVariablesFor, refuseSecretVariables } from "../../../tasks/DatabricksLogin/variables.ts";

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

  it("empty what an earlier login has set for another workspace or client", () => {
    const custom = { host: "https://acme.databricks.com", workspaceId: "123" };
    const url = `http://127.0.0.1:2${loginPath([custom.host, custom.workspaceId])}`;
    const before = jobVariablesFor(custom, { ...addresses, metadataServiceUrl: url, oauth }, {});
    const empty = Object.fromEntries(["DATABRICKS_WORKSPACE_ID", ...Object.keys(client)].map((name) => [name, ""]));
    expect(jobVariablesFor(workspace, addresses, before)).toEqual({ ...usual, ...empty });
  });

  it("leave a client alone that somebody else has set", () => {
    const own = { DATABRICKS_CLIENT_ID: "own", DATABRICKS_CLIENT_SECRET: "own" };
    expect(jobVariablesFor(workspace, addresses, own)).toEqual(usual);
  });
});

describe("A secret variable of the job", () => {
  it("is refused with the name of a variable that the login sets", () => {
    const ofJob = [
      { name: "databricks.host", secret: true },
      { name: "other", secret: true },
    ];
    expect(() => refuseSecretVariables(ofJob, { oauthClient: false })).toThrow(
      /names that the login sets: databricks\.host\./,
    );
  });

  it("may have the name of the OAuth client's variables if there is no OAuth client", () => {
    const ofJob = [{ name: "DATABRICKS_CLIENT_SECRET", secret: true }];
    expect(() => refuseSecretVariables(ofJob, { oauthClient: false })).not.toThrow();
    expect(() => refuseSecretVariables(ofJob, { oauthClient: true })).toThrow(/DATABRICKS_CLIENT_SECRET/);
  });

  it("does not concern variables that are not secret", () => {
    expect(() =>
      refuseSecretVariables([{ name: "DATABRICKS_HOST", secret: false }], { oauthClient: true }),
    ).not.toThrow();
  });
});
