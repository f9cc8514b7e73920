import fs from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { otherWorkspaceHosts } from "../../lab/lab.ts";
import type { Trace } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { addToProd, requestsDuring, useLab } from "./deploy-step.ts";

const otherAzureHost = `https://${otherWorkspaceHosts.AzureUSGovernment}`;
const foreignHost = `https://${otherWorkspaceHosts.AWS}`;

function withHost(host: string) {
  return (bundle: string) => addToProd(bundle, `    workspace:\n      host: ${host}\n`);
}

/** The URL that the CLI was given for tokens. */
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
  const fixture = useLab(node);

  it("gives the bundle's own host a token when it is of the connection's cloud and no other is named", async () => {
    const { step } = await fixture.deploy({
      inputs: { target: "prod", workspaceUrl: "" },
      prepare: withHost(fixture.lab.workspace.url),
    });
    expect(step).toMatchObject({ result: "Succeeded", outputs: { workspaceUrl: fixture.lab.workspace.url } });
  });

  it("says that the service principal is no member of the workspace that the bundle names, before the CLI runs", async () => {
    const { lab } = fixture;
    const deployer = lab.addDeployer(["workspace-member"]);
    const requests = await requestsDuring(lab.workspace.requests, async () => {
      const { error } = await fixture.deploy({
        deployer,
        inputs: { target: "prod", workspaceUrl: "" },
        prepare: withHost(`${lab.workspace.url}/?o=1`),
      });
      expect(error).toMatch(/denied access to the service principal .*#service-principal-not-in-workspace/s);
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.userAgent).not.toMatch(/^cli\//);
  });

  it("leaves a variable in the bundle's host to the CLI", async () => {
    const { lab } = fixture;
    const connections = await requestsDuring(lab.proxy.connections, async () => {
      const { step, error } = await fixture.deploy({
        inputs: { target: "prod", workspaceUrl: "" },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the bundle
        prepare: withHost("https://${var.region}.azuredatabricks.net"),
      });
      expect(step.log.join("\n")).toContain("databricks bundle deploy");
      expect(error).not.toContain("cannot be reached");
    });
    expect(connections.filter(({ host }) => host.endsWith("azuredatabricks.net"))).toEqual([]);
  });

  it("names both hosts, and gives out no token, when the bundle points to another workspace", async () => {
    const { lab } = fixture;
    const requests = await requestsDuring(lab.workspace.requests, async () => {
      const { error } = await fixture.deploy({ inputs: { target: "prod" }, prepare: withHost(otherAzureHost) });
      expect(error).toContain(otherAzureHost);
      expect(error).toContain(lab.workspace.url);
      expect(error).toContain("No token was given out");
    });
    expect(requests.filter(({ userAgent, tokenId }) => userAgent?.startsWith("cli/") && tokenId)).toEqual([]);
  });

  it("gives no token to a host outside the connection's cloud that the bundle names", async () => {
    const requests = await requestsDuring(fixture.lab.workspace.requests, async () => {
      const { step, error } = await fixture.deploy({
        inputs: { target: "prod", workspaceUrl: "" },
        prepare: withHost(foreignHost),
      });
      expect(error).toContain(foreignHost);
      expect(error).toContain("no workspace of the connection's cloud");
      expect(step.log.join("\n")).toContain("It gets no token");
    });
    expect(requests.filter(({ tokenId }) => tokenId)).toEqual([]);
  });

  it("explains the CLI's own failure where a script of the bundle asked for another host", async () => {
    const { lab } = fixture;
    lab.workspace.fault(
      { path: /jobs\/create/ },
      { status: 400, body: { error_code: "INVALID", message: "No such cluster." } },
    );
    const script =
      'curl -s -H "X-Databricks-Metadata-Version: 1" -H "X-Databricks-Host: https://accounts.azuredatabricks.net" -A cli/1.0.0 "$DATABRICKS_METADATA_SERVICE_URL"';
    const { step, error } = await fixture.deploy({
      deployer: lab.addDeployer(),
      inputs: { target: "prod" },
      prepare: (bundle) => addToProd(bundle, `\nexperimental:\n  scripts:\n    postinit: ${JSON.stringify(script)}\n`),
    });
    expect(step.log.join("\n")).toContain("It gets no token");
    expect(error).toContain("No such cluster.");
    expect(error).not.toContain("accounts.azuredatabricks.net");
  });

  it("refuses other methods, paths, version headers, Host headers and hosts while the CLI runs", async () => {
    let folder = "";
    const script = `ask() { curl -s -o /dev/null -w "%{http_code} " "$@" >> codes.txt; }
u="$DATABRICKS_METADATA_SERVICE_URL"; v="X-Databricks-Metadata-Version: 1"; h="X-Databricks-Host: $DATABRICKS_HOST"
ask -H "$v" -H "$h" "$u"; ask -X POST -H "$v" -H "$h" "$u"; ask -H "$v" -H "$h" "$u/x"; ask -H "$h" "$u"
ask -H "$v" -H "$h" -H "Host: evil.example" "$u"; ask -H "$v" -H "X-Databricks-Host: ${otherAzureHost}" "$u"; ask -H "$v" "$u"`;
    const { step } = await fixture.deploy({
      inputs: { target: "prod" },
      prepare(bundle) {
        folder = bundle;
        fs.writeFileSync(path.join(bundle, "ask.sh"), script);
        addToProd(bundle, "\nexperimental:\n  scripts:\n    postinit: sh ./ask.sh\n");
      },
    });
    expect(step.result, step.log.join("\n")).toBe("Succeeded");
    // The script runs in both of the step's CLI processes.
    const codes = fs.readFileSync(path.join(folder, "codes.txt"), "utf8").trim().split(" ");
    expect(codes.slice(0, 7)).toEqual(["200", "405", "404", "400", "403", "403", "403"]);
  });

  it("stops giving out tokens when the step ends", async () => {
    const { traces } = await fixture.deploy();
    const url = metadataUrl(traces);
    expect(url.hostname).toBe("127.0.0.1");
    expect(url.pathname.length).toBeGreaterThan(40);
    expect(await isListening(Number(url.port))).toBe(false);
  });
});

// The minute is the product's own; one Node shows it.
describe.each(taskNodes.slice(-1))("A host that does not answer, on $name", ({ path: node }) => {
  const fixture = useLab(node);

  it("ends the CLI's wait, and is named with the step's own", async () => {
    const { lab } = fixture;
    const silent = "adb-9999999999999999.9.azuredatabricks.net";
    lab.proxy.blackhole(silent);
    const { step, error } = await fixture.deploy({
      inputs: { target: "prod" },
      prepare: withHost(`https://${silent}`),
    });
    expect(step.durationMs).toBeLessThan(75_000);
    expect(error).toMatch(/The CLI asked for no token within a minute: .*No token was given out/);
    expect(error).toContain(silent);
    expect(error).toContain(lab.workspace.url);
  }, 90_000);

  it("is found before the CLI runs where the bundle alone names it", async () => {
    const { lab } = fixture;
    const silent = "adb-8888888888888888.8.azuredatabricks.net";
    lab.proxy.blackhole(silent);
    const { step, error } = await fixture.deploy({
      inputs: { target: "prod", workspaceUrl: "" },
      prepare: withHost(`https://${silent}`),
    });
    expect(error).toMatch(
      new RegExp(`${silent} cannot be reached: .*it did not answer in time.*#workspace-not-reachable`, "s"),
    );
    expect(step.log.join("\n")).not.toContain("databricks bundle");
  }, 90_000);
});
