import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { findLeaks, type Trace } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { requestsDuring, useLab } from "./deploy-step.ts";

/** A variable of the CLI's environment. */
function cliVariable(traces: readonly Trace[], name: string): string | undefined {
  const environment = traces.find(({ where }) => where.startsWith("environment of") && where.includes("bundle deploy"));
  return environment?.text
    .split("\0")
    .find((entry) => entry.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

describe.each(taskNodes)("Proxy and certificates on $name", ({ path: node }) => {
  const fixture = useLab(node);

  it("gives the CLI the agent's proxy with credentials, the bypass list and the certificates", async () => {
    const { lab } = fixture;
    const bypass = ["^https?://artifacts\\.corp$", ".*\\.internal\\.example", "^(a|b)\\.example$"];
    const connections = await requestsDuring(lab.proxy.connections, async () => {
      const { step, traces } = await fixture.deploy({
        agent: { proxy: { ...lab.agentNetwork.proxy, url: lab.proxy.url, bypass } },
      });
      expect(step.result).toBe("Succeeded");
      const proxy = new URL(lab.proxy.url).host;
      expect(cliVariable(traces, "HTTPS_PROXY")).toBe(`http://agent:p%40ss%3Aw%2Frd@${proxy}/`);
      expect(cliVariable(traces, "NO_PROXY")).toBe("127.0.0.1,localhost,artifacts.corp,.internal.example");
      expect(cliVariable(traces, "REQUESTS_CA_BUNDLE")).toBe(cliVariable(traces, "SSL_CERT_FILE"));

      // The last one: files are also seen while they are written.
      const certificates = traces.findLast(({ where }) => where.endsWith("certificates.pem"))?.text ?? "";
      const own = fs.readFileSync(lab.agentNetwork.caFile ?? "", "utf8").trim();
      expect(certificates).toContain(own);
      expect(certificates.split("BEGIN CERTIFICATE").length).toBeGreaterThan(100);
      const shown = [{ where: "log", text: step.log.join("\n") }];
      const passwords = ["p@ss:w/rd", "p%40ss%3Aw%2Frd"].map((value) => ({ name: "proxy password", value }));
      expect(findLeaks(passwords, shown)).toEqual([]);
    });
    expect(connections.some(({ refusal }) => refusal === "unknown host")).toBe(false);
  });

  it("uses the machine's HTTPS_PROXY where the agent has none, and hides its password", async () => {
    const { lab } = fixture;
    const url = new URL(lab.proxy.url);
    Object.assign(url, { username: "agent", password: encodeURIComponent("p@ss:w/rd") });
    const { step } = await fixture.deploy({ withoutProxy: true, agent: { environment: { HTTPS_PROXY: url.href } } });
    expect(step.result).toBe("Succeeded");
    expect(step.raw.stdout).toContain("##vso[task.setsecret]p%AZP2540ss%AZP253Aw%AZP252Frd");
    expect(step.log.join("\n")).not.toContain("p%40ss");
  });

  it("explains a proxy that asks for other credentials", async () => {
    const { error } = await fixture.deploy({
      agent: { proxy: { url: fixture.lab.proxy.url, username: "agent", password: "wr0ng" } },
    });
    expect(error).toMatch(/wants credentials \(407\).*--proxyusername/);
  });
});
