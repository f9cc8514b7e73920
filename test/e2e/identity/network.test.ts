import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { createCertificateAuthority } from "../../lab/certificates.ts";
import { addScript } from "../bundles/bundles.ts";
import { findLeaks, type Trace } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

/** A script of a bundle that prints the proxy's password in two spellings. */
const printsProxy = "echo proxy is $HTTPS_PROXY; echo password is $(printf 'p@ss:w%s' /rd)";

/** A variable of the CLI's environment. */
function cliVariable(traces: readonly Trace[], name: string): string | undefined {
  const environment = traces.find(({ where }) => where.startsWith("environment of") && where.includes("bundle deploy"));
  return environment?.text
    .split("\0")
    .find((entry) => entry.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

describe.each(taskNodes)("Proxy and certificates on $name", ({ path: node }) => {
  const { lab, deploy, requests } = useLab(node);

  it("gives the CLI the agent's proxy with credentials, the bypass list and the certificates", async () => {
    const bypass = ["^https?://artifacts\\.corp$", ".*\\.internal\\.example", "^(a|b)\\.example$"];
    const [step, { proxy: connections }] = await requests(() =>
      deploy({
        agent: { proxy: { ...lab.agentNetwork.proxy, url: lab.proxy.url, bypass } },
      }),
    );
    expect(step.result).toBe("Succeeded");
    const proxy = new URL(lab.proxy.url).host;
    expect(cliVariable(step.traces, "HTTPS_PROXY")).toBe(`http://agent:p%40ss%3Aw%2Frd@${proxy}/`);
    expect(cliVariable(step.traces, "NO_PROXY")).toBe("127.0.0.1,localhost,artifacts.corp,.internal.example");
    expect(cliVariable(step.traces, "REQUESTS_CA_BUNDLE")).toBe(cliVariable(step.traces, "SSL_CERT_FILE"));

    // Use the last version of the file: the watch also sees files that are only partly written.
    const certificates = step.traces.findLast(({ where }) => where.endsWith("certificates.pem"))?.text ?? "";
    const own = fs.readFileSync(lab.agentNetwork.caFile ?? "", "utf8").trim();
    expect(certificates).toContain(own);
    expect(certificates.split("BEGIN CERTIFICATE").length).toBeGreaterThan(100);
    const shown = [{ where: "log", text: step.text }];
    const passwords = ["p@ss:w/rd", "p%40ss%3Aw%2Frd"].map((value) => ({ name: "proxy password", value }));
    expect(findLeaks(passwords, shown)).toEqual([]);
    expect(connections.some(({ refusal }) => refusal === "unknown host")).toBe(false);
  });

  it("uses the machine's HTTPS_PROXY where the agent has none, and hides its password", async () => {
    const url = new URL(lab.proxy.url);
    Object.assign(url, { username: "agent", password: encodeURIComponent("p@ss:w/rd") });
    for (const HTTPS_PROXY of [url.href, url.href.replace("http://", "")]) {
      const step = await deploy({
        agent: { configured: ["caFile"], environment: { HTTPS_PROXY } },
        prepare: (bundle) => addScript(bundle, printsProxy),
      });
      expect(step.result).toBe("Succeeded");
      const log = step.text;
      expect(log).toMatch(/proxy is (http:\/\/)?agent:\*\*\*@127/);
      expect(log).toContain("password is ***");
      expect(log).not.toMatch(/p%40ss|p@ss/);
    }
  });

  it("accepts a proxy that is only a host and a port", async () => {
    const { host } = new URL(lab.proxy.url);
    const step = await deploy({ agent: { configured: ["caFile"], environment: { HTTPS_PROXY: host } } });
    expect(step.errors).toEqual([expect.stringMatching(/the proxy 127\.0\.0\.1:\d+ requires credentials \(407\)/)]);
  });

  it("trusts the machine's NODE_EXTRA_CA_CERTS, and lets the CLI trust it", async () => {
    const step = await deploy({
      agent: { configured: ["proxy"], environment: { NODE_EXTRA_CA_CERTS: lab.agentNetwork.caFile ?? "" } },
    });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("trusts NODE_EXTRA_CA_CERTS in addition to the agent's own CA", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "other-authority-"));
    const { file } = await createCertificateAuthority(folder);
    const step = await deploy({
      agent: { caFile: file, environment: { NODE_EXTRA_CA_CERTS: lab.agentNetwork.caFile ?? "" } },
    });
    fs.rmSync(folder, { recursive: true });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("trusts NODE_EXTRA_CA_CERTS in addition to what Node trusts on this machine", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "other-authority-"));
    const { file } = await createCertificateAuthority(folder);
    const machine = { NODE_OPTIONS: "--use-openssl-ca", SSL_CERT_FILE: lab.agentNetwork.caFile ?? "" };
    const step = await deploy({
      agent: { configured: ["proxy"], environment: { ...machine, NODE_EXTRA_CA_CERTS: file } },
    });
    fs.rmSync(folder, { recursive: true });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("explains a proxy that asks for other credentials", async () => {
    const step = await deploy({
      agent: { proxy: { url: lab.proxy.url, username: "agent", password: "wr0ng" } },
    });
    expect(step.errors).toEqual([
      expect.stringMatching(/does not accept the user name and the password \(407\).*--proxyusername/s),
    ]);
  });
});
