import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CertificateAuthority, createCertificateAuthority } from "../../lab/certificates.ts";
import { startTlsProxy } from "../../lab/proxy/tls-proxy.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const password = "p@ss:w/rd";

describe.each(taskNodes)("A proxy on $name", ({ path: node }) => {
  const { lab, deploy } = useLab(node);
  let folder: string;
  let authority: CertificateAuthority;
  /** The lab's CA and the one of the HTTPS proxy. */
  let caFile: string;

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "proxies-"));
    authority = await createCertificateAuthority(folder);
    caFile = path.join(folder, "both.pem");
    fs.writeFileSync(caFile, `${fs.readFileSync(lab.agentNetwork.caFile ?? "", "utf8")}\n${authority.certificate}`);
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it("carries a whole deploy over HTTPS, with credentials", async () => {
    const front = await startTlsProxy(lab.proxy.url, await authority.issue(["127.0.0.1"]));
    const step = await deploy({ agent: { caFile, proxy: { url: front.url, username: "agent", password } } });
    await front.close();
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    const hosts = [...front.received.matchAll(/CONNECT (\S+):443 HTTP/g)].map(([, host]) => host);
    expect(new Set(hosts)).toEqual(
      new Set(["dev.azure.com", "login.microsoftonline.com", new URL(lab.workspace.url).hostname]),
    );
    expect(front.received).toContain(Buffer.from(`agent:${password}`).toString("base64"));
  });

  it("gets no password if its certificate is not trusted, whatever NODE_TLS_REJECT_UNAUTHORIZED is", async () => {
    const front = await startTlsProxy(lab.proxy.url, await authority.issue(["127.0.0.1"]));
    const step = await deploy({
      agent: { proxy: { url: front.url, username: "agent", password } },
      job: { variables: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } },
    });
    await front.close();
    expect(step.errors).toEqual([
      expect.stringMatching(
        /dev\.azure\.com: the agent's proxy 127\.\S+ cannot be used: its certificate is not trusted/,
      ),
    ]);
    expect(front.clients).toBeGreaterThan(0);
    expect(front.received).toBe("");
  });

  it("is refused with the reason if it is a SOCKS proxy", async () => {
    const step = await deploy({ agent: { proxy: { url: "socks5://proxy.contoso.example:1080", bypass: [] } } });
    expect(step.errors).toEqual([
      expect.stringMatching(/^The agent's proxy \(--proxyurl\) names a SOCKS proxy .*which the tasks do not support/),
    ]);
  });

  it("is blamed for a host that it does not reach only after the address", async () => {
    const workspaceUrl = "https://adb-9999999999999999.9.azuredatabricks.net";
    const step = await deploy({ inputs: { workspaceUrl } });
    expect(step.errors).toEqual([
      expect.stringMatching(
        /adb-9999999999999999\.9\.azuredatabricks\.net: the agent's proxy \S+ could not connect to it \(502\).*Check the address first/s,
      ),
    ]);
  });

  it("leads to a warning if the agent's CA file does not exist, which a TLS error repeats", async () => {
    const missing = "/agent/on/the/host/ca.pem";
    const trusted = { NODE_EXTRA_CA_CERTS: lab.agentNetwork.caFile ?? "" };
    const step = await deploy({ agent: { caFile: missing, environment: trusted } });
    expect(step.result).toBe("Succeeded");
    expect(step.issues).toMatchObject([
      { type: "warning", message: expect.stringMatching(/CA file \/agent\/on\/the\/host\/ca\.pem .* does not exist/) },
    ]);

    const failed = await deploy({ agent: { caFile: missing } });
    expect(failed.errors).toEqual([
      expect.stringMatching(/not trusted.*\/agent\/on\/the\/host\/ca\.pem does not exist/s),
    ]);
  });
});
