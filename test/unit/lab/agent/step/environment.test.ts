import { describe, expect, test } from "vitest";
import type { ServiceConnection } from "../../../../lab/agent/agent.ts";
import {
  bodyOf,
  connectionInput,
  environmentOf,
  jobSettings,
  print,
  printEnvironment,
  runScript,
  type ScriptSettings,
  scriptTask,
  someConnection,
} from "../fixture.ts";

const connection: ServiceConnection = {
  ...someConnection,
  url: "https://management.azure.com",
  data: { environment: "AzureCloud", activeDirectoryAuthority: "$(authority)" },
};
const other: ServiceConnection = { ...connection, id: "0e4a0a5e-0000-4000-8000-00000000000b", name: "other" };
const withConnection: ScriptSettings = {
  task: { inputs: [...scriptTask.inputs, connectionInput] },
  job: { serviceConnections: [connection, other], variables: { authority: "https://login.example/" } },
  step: { inputs: { script: printEnvironment, connection: connection.name } },
};

describe("the environment", () => {
  test("of a build", async () => {
    const environment = environmentOf(await runScript(printEnvironment, { step: { name: "probe" } }));
    expect(environment).toMatchObject({
      TF_BUILD: "True",
      SYSTEM_HOSTTYPE: "build",
      SYSTEM_COLLECTIONURI: "https://dev.azure.com/contoso/",
      SYSTEM_OIDCREQUESTURI: expect.stringMatching(
        /^https:\/\/dev\.azure\.com\/contoso\/[-\w]{36}\/_apis\/distributedtask\/hubs\/build\/plans\/[-\w]{36}\/jobs\/[-\w]{36}\/oidctoken$/,
      ),
      SECRET_SYSTEM_ACCESSTOKEN: jobSettings.jobToken,
      ENDPOINT_AUTH_SYSTEMVSSCONNECTION: `{"parameters":{"AccessToken":"${jobSettings.jobToken}"},"scheme":"OAuth"}`,
      ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: jobSettings.jobToken,
      AGENT_OS: "Linux",
      AGENT_VERSION: "4.265.1",
      SYSTEM_TASKINSTANCENAME: "probe",
      VSTS_PROCESS_LOOKUP_ID: expect.stringMatching(/^vsts_/),
    });
    expect(environment["BUILD_SOURCESDIRECTORY"]).toBe(environment["SYSTEM_DEFAULTWORKINGDIRECTORY"]);
    expect(JSON.parse(environment["VSTS_SECRET_VARIABLES"] ?? "")).toEqual(["system.accessToken"]);
    for (const absent of [
      "SYSTEM_ACCESSTOKEN",
      "SYSTEM_DEBUG",
      "ENDPOINT_DATA_SYSTEMVSSCONNECTION",
      "npm_config_cache",
      "VITEST",
    ]) {
      expect(environment).not.toHaveProperty(absent);
    }
  });

  test("of a release: artifacts instead of sources", async () => {
    const job = { hostType: "release" as const, oidcRequestUri: false, enableAccessToken: true };
    const environment = environmentOf(await runScript(printEnvironment, { job }));
    expect(environment).toMatchObject({ SYSTEM_HOSTTYPE: "release", SYSTEM_ACCESSTOKEN: jobSettings.jobToken });
    expect(environment["SYSTEM_DEFAULTWORKINGDIRECTORY"]).toBe(environment["SYSTEM_ARTIFACTSDIRECTORY"]);
    expect(Object.keys(environment).filter((name) => name.startsWith("BUILD_"))).toEqual([]);
    expect(environment).not.toHaveProperty("SYSTEM_OIDCREQUESTURI");
  });

  test("later sources overwrite earlier ones: agent, step, inputs, variables", async () => {
    const environment = environmentOf(
      await runScript(printEnvironment, {
        agent: { environment: { A: "agent", B: "agent", C: "agent" } },
        job: { variables: { c: "variable", input_d: "variable", key: { value: "s3cret", secret: true } } },
        task: { inputs: [...scriptTask.inputs, { name: "d", type: "string" }, { name: "empty", type: "string" }] },
        step: { env: { B: " step $(A) ", C: "step" }, inputs: { script: printEnvironment, d: "input" } },
      }),
    );
    expect(environment).toMatchObject({
      A: "agent",
      B: "step agent",
      C: "variable",
      INPUT_D: "variable",
      INPUT_EMPTY: "",
    });
    expect(environment["SECRET_KEY"]).toBe("s3cret");
    expect(environment).not.toHaveProperty("KEY");
  });

  test("has the agent's proxy and certificate settings", async () => {
    const proxy = { url: "http://127.0.0.1:8888", username: "u", password: "proxy-pass", bypass: ["\\.corp$"] };
    const result = await runScript(printEnvironment, {
      agent: { proxy, caFile: "/ca.pem", skipCertValidation: true, platform: { os: "Darwin", architecture: "ARM64" } },
    });
    expect(environmentOf(result)).toMatchObject({
      AGENT_PROXYURL: proxy.url,
      AGENT_PROXYUSERNAME: "u",
      SECRET_AGENT_PROXYPASSWORD: "proxy-pass",
      AGENT_PROXYBYPASSLIST: '["\\\\.corp$"]',
      AGENT_CAINFO: "/ca.pem",
      AGENT_SKIPCERTVALIDATION: "True",
      AGENT_OS: "Darwin",
      AGENT_OSARCHITECTURE: "ARM64",
    });
    expect(result.log.join("\n")).not.toContain("proxy-pass");
    const encoded = Buffer.from("proxy-pass").toString("base64");
    expect(bodyOf(await runScript(print(encoded), { agent: { proxy } }))).toEqual([encoded]);
  });
});

describe("service connections", () => {
  test("only those that an input refers to are passed", async () => {
    const result = await runScript("", withConnection);
    const environment = environmentOf(result);
    const { id } = connection;
    expect(environment).toMatchObject({
      INPUT_CONNECTION: id,
      [`ENDPOINT_URL_${id}`]: "https://management.azure.com/",
      [`ENDPOINT_AUTH_SCHEME_${id}`]: "WorkloadIdentityFederation",
      [`ENDPOINT_AUTH_PARAMETER_${id}_SERVICEPRINCIPALID`]: "client-1",
      [`ENDPOINT_DATA_${id}_ACTIVEDIRECTORYAUTHORITY`]: "https://login.example/",
    });
    expect(Object.keys(environment).filter((name) => name.includes(other.id))).toEqual([]);
  });

  test("their parameters are masked, but for the visible ones", async () => {
    const result = await runScript(print("tenant-1 client-1"), { job: { serviceConnections: [connection] } });
    expect(bodyOf(result)).toEqual(["tenant-1 ***"]);
  });

  test("a fork gets none, the step is skipped", async () => {
    const variables = { authority: "x", "system.restrictSecrets": "True", "system.pullRequest.isFork": "True" };
    const result = await runScript("", { ...withConnection, job: { ...withConnection.job, variables } });
    expect(result).toMatchObject({ result: "Skipped", exitCode: null });
  });
});
