import fs from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { otherWorkspaceHosts } from "../../lab/lab.ts";
import { addScript, addToRoot } from "../bundles/bundles.ts";
import type { Trace } from "../leak-search.ts";
import { newestNode, taskNodes } from "../nodes.ts";
import { startLabAgent } from "../steps/agent.ts";
import { type Deployment, deployOn } from "../steps/deploy.ts";
import { useLab } from "../use-lab.ts";

const otherAzureHost = `https://${otherWorkspaceHosts.AzureUSGovernment}`;
const foreignHost = `https://${otherWorkspaceHosts.AWS}`;

function withHost(host: string) {
  return (bundle: string) => addToRoot(bundle, `    workspace:\n      host: ${host}\n`);
}

/** The URL from which the CLI gets its tokens. */
function metadataUrl(traces: readonly Trace[]): URL {
  const environment = traces.find(({ where }) => where.startsWith("environment of") && where.includes("bundle deploy"));
  const value = /DATABRICKS_METADATA_SERVICE_URL=([^\0]+)/.exec(environment?.text ?? "")?.[1];
  return new URL(value ?? "");
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

describe.each(taskNodes)("Hosts on $name", ({ path: node }) => {
  const { lab, deploy, requests } = useLab(node);

  it("gives a token to the host that only the bundle names when it is in the connection's cloud", async () => {
    const step = await deploy({
      inputs: { target: "prod", workspaceUrl: "" },
      prepare: withHost(lab.workspace.url),
    });
    expect(step).toMatchObject({ result: "Succeeded", outputs: { workspaceUrl: lab.workspace.url } });
  });

  it("says that the service principal is not a member of the workspace that the bundle names, before the CLI runs", async () => {
    const deployer = lab.addDeployer(["workspace-member"]);
    const [step, { workspace }] = await requests(() =>
      deploy({
        deployer,
        inputs: { target: "prod", workspaceUrl: "" },
        prepare: withHost(`${lab.workspace.url}/?o=1234567890123456`),
      }),
    );
    expect(step.errors).toEqual([
      expect.stringMatching(/denied access to the service principal .*#service-principal-not-in-workspace/s),
    ]);
    expect(workspace).toHaveLength(1);
    expect(workspace[0]?.userAgent).not.toMatch(/^cli\//);
  });

  it("refuses a variable in the bundle's host, before it asks for a token", async () => {
    const [step, { idTokens, proxy: connections }] = await requests(() =>
      deploy({
        inputs: { target: "prod", workspaceUrl: "" },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the bundle
        prepare: withHost("https://${var.region}.azuredatabricks.net"),
      }),
    );
    expect(step.errors).toEqual([
      expect.stringMatching(
        /workspace\.host is https:\/\/\$\{var\.region\}\.azuredatabricks\.net, but it cannot contain a variable\.\s.*workspaceUrl/,
      ),
    ]);
    expect(idTokens).toEqual([]);
    expect(connections.filter(({ host }) => host.endsWith("azuredatabricks.net"))).toEqual([]);
  });

  it("names both hosts, and gives out no token, when the bundle points to another workspace", async () => {
    const [step, { workspace }] = await requests(() =>
      deploy({ inputs: { target: "prod" }, prepare: withHost(otherAzureHost) }),
    );
    expect(step.errors.join("\n")).toContain(otherAzureHost);
    expect(step.errors.join("\n")).toContain(lab.workspace.url);
    expect(step.errors.join("\n")).toContain("No token was sent");
    expect(workspace.filter(({ userAgent, tokenId }) => userAgent?.startsWith("cli/") && tokenId)).toEqual([]);
  });

  it("does not give a token to a host outside the connection's cloud that the bundle names", async () => {
    const [step, { workspace }] = await requests(() =>
      deploy({
        inputs: { target: "prod", workspaceUrl: "" },
        prepare: withHost(foreignHost),
      }),
    );
    expect(step.errors.join("\n")).toContain(foreignHost);
    expect(step.errors.join("\n")).toContain("not a workspace in the cloud of the service connection");
    expect(step.text).toContain("No token was sent to it");
    expect(workspace.filter(({ tokenId }) => tokenId)).toEqual([]);
  });

  it("explains the CLI's own failure where a script of the bundle asked for another host", async () => {
    lab.workspace.fault(
      { path: /jobs\/create/ },
      { status: 400, body: { error_code: "INVALID", message: "No such cluster." } },
    );
    const script =
      'curl -s -H "X-Databricks-Metadata-Version: 1" -H "X-Databricks-Host: https://accounts.azuredatabricks.net" -A cli/1.0.0 "$DATABRICKS_METADATA_SERVICE_URL"';
    const step = await deploy({
      deployer: lab.addDeployer(),
      inputs: { target: "prod" },
      prepare: (bundle) => addScript(bundle, script),
    });
    expect(step.text).toContain("No token was sent.");
    expect(step.errors.join("\n")).toContain("No such cluster.");
    expect(step.errors.join("\n")).not.toContain("accounts.azuredatabricks.net");
  });

  it("refuses other methods, paths, version headers, Host headers and hosts while the CLI runs", async () => {
    const script = `ask() { curl -s -o /dev/null -w "%{http_code} " "$@" >> codes.txt; }
u="$DATABRICKS_METADATA_SERVICE_URL"; v="X-Databricks-Metadata-Version: 1"; h="X-Databricks-Host: $DATABRICKS_HOST"
ask -H "$v" -H "$h" "$u"; ask -X POST -H "$v" -H "$h" "$u"; ask -H "$v" -H "$h" "$u/x"; ask -H "$h" "$u"
ask -H "$v" -H "$h" -H "Host: evil.example" "$u"; ask -H "$v" -H "X-Databricks-Host: ${otherAzureHost}" "$u"; ask -H "$v" "$u"`;
    const step = await deploy({
      inputs: { target: "prod" },
      prepare(bundle) {
        fs.writeFileSync(path.join(bundle, "ask.sh"), script);
        addScript(bundle, "sh ./ask.sh");
      },
    });
    expect(step.result, step.text).toBe("Succeeded");
    // The script runs in both of the step's CLI processes.
    const codes = fs.readFileSync(path.join(step.folder, "codes.txt"), "utf8").trim().split(" ");
    expect(codes.slice(0, 7)).toEqual(["200", "405", "404", "400", "403", "403", "403"]);
  });

  it("stops giving out tokens when the step ends", async () => {
    const step = await deploy();
    const url = metadataUrl(step.traces);
    expect(url.hostname).toBe("127.0.0.1");
    expect(url.pathname.length).toBeGreaterThan(40);
    expect(await isListening(Number(url.port))).toBe(false);
  });
});

// The task itself waits for a minute: one Node version is enough, and both tests wait at the same time.
describe.concurrent.each([newestNode])("A host that does not answer, on $name", ({ path: node }) => {
  const { lab } = useLab(node);

  /** On an agent for one test only: the fixture disposes of its agents after each test. */
  async function deployToSilent(host: string, inputs: Record<string, string>): Promise<Deployment> {
    lab.proxy.blackhole(host);
    const agent = await startLabAgent(lab, node);
    const settings = { inputs: { target: "prod", ...inputs }, prepare: withHost(`https://${host}`) };
    return deployOn(agent, lab, settings).finally(() => agent.dispose());
  }

  it("ends the CLI's wait, and is named with the step's own", async () => {
    const silent = "adb-9999999999999999.9.azuredatabricks.net";
    const step = await deployToSilent(silent, {});
    expect(step.durationMs).toBeLessThan(110_000);
    expect(step.errors.join("\n")).toMatch(
      /The CLI did not ask for a token within a minute, because .*No token was sent/s,
    );
    expect(step.errors.join("\n")).toContain(silent);
    expect(step.errors.join("\n")).toContain(lab.workspace.url);
  }, 150_000);

  it("reports a host that does not answer before the CLI runs when only the bundle names it", async () => {
    const silent = "adb-8888888888888888.8.azuredatabricks.net";
    const step = await deployToSilent(silent, { workspaceUrl: "" });
    expect(step.errors).toEqual([
      expect.stringMatching(
        new RegExp(
          `${silent} cannot be reached: .*the agent.s proxy \\S+ did not answer in time.*#workspace-not-reachable`,
          "s",
        ),
      ),
    ]);
    expect(step.text).not.toContain("databricks bundle");
  }, 150_000);
});
