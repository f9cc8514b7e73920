import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { createCertificateAuthority } from "../../lab/certificates.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const evil = "collector.example.com";

describe.each(taskNodes)("Where credentials go, on $name", ({ path: node }) => {
  const { lab, deploy, requests } = useLab(node);

  /** Host names to which the proxy was asked to connect while `work` ran. */
  async function hostsDuring(work: () => Promise<unknown>): Promise<Set<string>> {
    const [, { proxy }] = await requests(work);
    return new Set(proxy.map(({ host }) => host));
  }

  it.each([
    `https://${evil}/oidctoken`,
    `http://dev.azure.com/contoso/oidctoken`,
    "https://dev.azure.com.example.com/contoso/",
    "https://dev.azure.com@collector.example.com/contoso/",
    "not a URL",
    "https://dev.azure.com/contoso/_apis/git/repositories/x/pushes",
    "https://dev.azure.com/contoso/_apis/git/repositories/x/pushes?x=/oidctoken",
  ])("does not send the job token to System.OidcRequestUri %s", async (uri) => {
    const variables = { SYSTEM_OIDCREQUESTURI: uri };
    const [step, { azureDevOps, proxy }] = await requests(() => deploy({ job: { variables } }));
    expect(step.result).toBe("Succeeded");
    const [asked, ...more] = azureDevOps;
    expect(asked?.path).toMatch(/\/oidctoken\?/);
    expect(more).toEqual([]);
    const hosts = new Set(proxy.map(({ host }) => host));
    expect(hosts).toEqual(new Set(["dev.azure.com", "login.microsoftonline.com", new URL(lab.workspace.url).host]));
  });

  it("does not send it to another collection either, when a variable takes the place of the agent's own setting", async () => {
    const hosts = await hostsDuring(async () => {
      const variables = {
        ENDPOINT_URL_SYSTEMVSSCONNECTION: `https://${evil}/`,
        SYSTEM_OIDCREQUESTURI: `https://${evil}/oidctoken`,
      };
      const step = await deploy({ job: { variables } });
      expect(step.errors).toEqual([
        expect.stringMatching(
          /collection \(https:\/\/collector\.example\.com\/\) is not an organization of Azure DevOps Services/,
        ),
      ]);
    });
    expect(hosts).toEqual(new Set());
  });

  it("does not send an ID token to an authority that is not Entra", async () => {
    const { deployer } = lab;
    const data = { ...deployer.connection.data, activeDirectoryAuthority: `https://${evil}/` };
    const hosts = await hostsDuring(async () => {
      const step = await deploy({
        deployer: { ...deployer, connection: { ...deployer.connection, data } },
      });
      expect(step.errors).toEqual([
        expect.stringContaining("collector.example.com/, which is not an Entra address of AzureCloud"),
      ]);
    });
    expect(hosts).toEqual(new Set());
  });

  it.each<[string, Record<string, string>, readonly ("proxy" | "caFile")[]]>([
    ["proxy", { AGENT_PROXYURL: `http://${evil}:8080` }, ["caFile"]],
    ["proxy in other letters", { agent_proxyurl: `http://${evil}:8080` }, ["caFile"]],
    ["bypass list", { "Agent ProxyBypassList": "[]" }, ["proxy", "caFile"]],
    ["certificate authority", { AGENT_CAINFO: "/tmp/evil.pem" }, ["proxy"]],
  ])("is not led astray by a variable that looks like the agent's %s", async (_, variables, configured) => {
    const hosts = await hostsDuring(async () => {
      const step = await deploy({ agent: { configured }, job: { variables } });
      expect(step.errors).toEqual([
        expect.stringContaining(
          `The variable ${Object.keys(variables)[0]} of this job replaces a setting of the agent, which is not allowed`,
        ),
      ]);
    });
    expect(hosts).toEqual(new Set());
  });

  it("trusts no certificate authority that a variable of the job names, nor lets the CLI", async () => {
    const caFile = lab.agentNetwork.caFile ?? "";
    const [step, { azureDevOps: asked }] = await requests(() =>
      deploy({
        agent: { configured: ["proxy"] },
        job: { variables: { NODE_EXTRA_CA_CERTS: caFile, SSL_CERT_FILE: caFile } },
      }),
    );
    expect(step.errors).toEqual([expect.stringMatching(/dev\.azure\.com: its certificate is not trusted/)]);
    expect(step.warnings).toEqual([
      expect.stringMatching(/are ignored, because any step can set them: NODE_EXTRA_CA_CERTS, SSL_CERT_FILE\./),
    ]);
    expect(asked).toEqual([]);

    const other = await deploy({ job: { variables: { SSL_CERT_DIR: "/tmp/evil" } } });
    expect(other.result).toBe("Succeeded");
    expect(other.issues).toMatchObject([{ type: "warning", message: expect.stringContaining("SSL_CERT_DIR") }]);
  });

  it("follows no redirect of Azure DevOps, Entra or the workspace with a credential", async () => {
    const redirect = { status: 307, headers: { Location: `https://${evil}/` }, html: "" };
    const hosts = await hostsDuring(async () => {
      lab.azureDevOps.fault(redirect);
      expect((await deploy()).errors).toEqual([
        expect.stringMatching(/did not issue an ID token .*the response \(307\) is a web page, or a redirect to one/),
      ]);
      lab.entra.fault(redirect);
      expect((await deploy()).errors).toEqual([
        expect.stringMatching(/Entra did not issue an access token: .*redirects \(307\)/),
      ]);
      lab.workspace.fault(
        { path: /scim\/v2\/Me/ },
        { status: 302, headers: { Location: `https://${evil}/` }, html: "" },
      );
      expect((await deploy()).errors).toEqual([expect.stringMatching(/web page \(302\)/)]);
    });
    expect(hosts).not.toContain(evil);
  });

  it("sends nothing to a server with another certificate, whatever NODE_TLS_REJECT_UNAUTHORIZED says", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "other-authority-"));
    const { file } = await createCertificateAuthority(folder);
    const [step, { azureDevOps: asked }] = await requests(() =>
      deploy({
        agent: { caFile: file, environment: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } },
      }),
    );
    expect(step.errors).toEqual([expect.stringMatching(/dev\.azure\.com: its certificate is not trusted/)]);

    fs.rmSync(folder, { recursive: true });
    expect(asked).toEqual([]);
  });
});
