import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import type { AgentSettings } from "../../lab/agent/agent.ts";
import { createClientCertificate } from "../../lab/certificates.ts";
import { tenantId } from "../../lab/deployers.ts";
import { startInstanceMetadata } from "../../lab/instance-metadata/instance-metadata.ts";
import type { Deployer, Lab } from "../../lab/lab.ts";
import { addScript } from "../bundles/bundles.ts";
import { findLeaks, issuedTokens, type Secret } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

interface Prepared {
  readonly deployer: Deployer;
  readonly inputs?: Record<string, string>;
  /** What else must stay hidden. */
  readonly secrets?: readonly Secret[];
  readonly agent?: Partial<AgentSettings>;
  readonly close?: () => Promise<void>;
}

/** The lines of a private key, each of which would be a leak. */
function keyLines(pem: string): Secret[] {
  const [, key = ""] = /-BEGIN PRIVATE KEY-+\n([\s\S]*?)-+END/.exec(pem) ?? [];
  const lines = key.trim().split("\n");
  if (lines.length < 2) throw new Error("The certificate has no private key.");
  return lines.map((value, index) => ({ name: `line ${index + 1} of the key`, value }));
}

const schemes: readonly { scheme: string; prepare: (lab: Lab) => Promise<Prepared> }[] = [
  {
    scheme: "a secret",
    async prepare(lab) {
      const secret = `s3cret~${randomUUID()}+/=`;
      return { deployer: lab.addDeployer([], undefined, { secret }), secrets: [{ name: "secret", value: secret }] };
    },
  },
  {
    scheme: "a certificate",
    async prepare(lab) {
      const certificate = await createClientCertificate();
      return { deployer: lab.addDeployer([], undefined, { certificate }), secrets: keyLines(certificate) };
    },
  },
  {
    scheme: "a managed identity",
    async prepare(lab) {
      const deployer = lab.addDeployer([], undefined, { managedIdentity: "assigned by a user" });
      const metadata = await startInstanceMetadata({
        clientId: deployer.clientId,
        issue: (clientId, resource) => lab.entra.issueManagedIdentityToken(tenantId, clientId, resource),
      });
      return { deployer, agent: { environment: metadata.environment }, close: metadata.close };
    },
  },
  {
    scheme: "Databricks token federation",
    async prepare(lab) {
      const deployer = lab.addDeployer(["federated-credential"], undefined, { issuer: "azure-devops" });
      const { federation, clientId } = deployer;
      lab.federation.addPolicy({ ...federation, clientId, audience: "api://AzureADTokenExchange" });
      return { deployer, inputs: { authentication: "databricks", databricksClientId: clientId } };
    },
  },
];

/** Credentials that Entra does not recognize. */
const refusals: readonly {
  scheme: string;
  prepare: (lab: Lab) => Promise<Prepared & { secrets: readonly Secret[] }>;
}[] = [
  {
    scheme: "secret",
    async prepare(lab) {
      const deployer = lab.addDeployer([], undefined, { secret: "the right one" });
      const wrong = `wr0ng~${randomUUID()}`;
      deployer.connection.parameters["serviceprincipalkey"] = wrong;
      return { deployer, secrets: [{ name: "secret", value: wrong }] };
    },
  },
  {
    scheme: "certificate",
    async prepare(lab) {
      const deployer = lab.addDeployer([], undefined, { certificate: await createClientCertificate() });
      const wrong = await createClientCertificate();
      deployer.connection.parameters["servicePrincipalCertificate"] = wrong;
      return { deployer, secrets: keyLines(wrong) };
    },
  },
];

describe.each(taskNodes)("Tokens on $name", ({ path: node }) => {
  const { lab, deploy } = useLab(node);

  it("stay hidden in debug mode", async () => {
    const step = await deploy({ job: { debug: true } });
    expect(step.result).toBe("Succeeded");
    expect(step.text).toContain("##[debug]Entra issued an access token");
    expect(findLeaks(issuedTokens(lab), step.traces)).toEqual([]);
  });

  it.each(["connection-authorized", "federated-credential", "workspace-member"] as const)(
    "stay hidden when the set-up step %s is missing",
    async (missing) => {
      const step = await deploy({ deployer: lab.addDeployer([missing]), job: { debug: true } });
      expect(step.result).toBe("Failed");
      expect(findLeaks(issuedTokens(lab), step.traces)).toEqual([]);
    },
  );

  it("stay hidden when the CLI fails", async () => {
    lab.workspace.fault({ path: /jobs\/create/ }, { status: 400, body: { error_code: "INVALID", message: "No." } });
    const step = await deploy({ deployer: lab.addDeployer(), job: { debug: true } });
    expect(step.result).toBe("Failed");
    expect(findLeaks(issuedTokens(lab), step.traces)).toEqual([]);
  });

  it.each(schemes)(
    "of $scheme stay hidden, in debug mode, whether the deploy succeeds or fails",
    async ({ prepare }) => {
      for (const fails of [false, true]) {
        const { deployer, inputs = {}, secrets = [], agent, close } = await prepare(lab);
        if (fails)
          lab.workspace.fault({ path: /jobs\/create/ }, { status: 400, body: { error_code: "X", message: "No." } });
        const step = await deploy({
          deployer,
          inputs,
          job: { debug: true },
          ...(agent ? { agent } : {}),
        });
        await close?.();
        expect(step.result, step.text).toBe(fails ? "Failed" : "Succeeded");
        expect(findLeaks([...secrets, ...issuedTokens(lab)], step.traces)).toEqual([]);
      }
    },
  );

  it.each(refusals)("stay hidden when Entra refuses a $scheme", async ({ prepare }) => {
    const { deployer, secrets } = await prepare(lab);
    const step = await deploy({ deployer, job: { debug: true } });
    expect(step.result).toBe("Failed");
    expect(findLeaks([...secrets, ...issuedTokens(lab)], step.traces)).toEqual([]);
  });

  it("leaves nothing of the step's own folder behind", async () => {
    const step = await deploy();
    expect(step.result).toBe("Succeeded");
    expect(fs.readdirSync(step.job.tempDirectory).filter((name) => name.startsWith("databricks-step-"))).toEqual([]);
    expect(step.leftInTemp.filter((file) => /databrickscfg|\.pem$/.test(file))).toEqual([]);
  });

  it("would be found: the search sees a token that a script of the bundle prints or stores", async () => {
    const script =
      'curl -s -H "X-Databricks-Metadata-Version: 1" -H "X-Databricks-Host: $DATABRICKS_HOST" "$DATABRICKS_METADATA_SERVICE_URL" | tee token.json';
    const step = await deploy({
      inputs: { target: "prod" },
      prepare: (bundle) => addScript(bundle, script),
    });
    expect(step.text).toContain('"access_token":"***"');
    const leaks = findLeaks(issuedTokens(lab), step.traces);
    expect(leaks).toContainEqual(expect.stringMatching(/^access token \(whole\) in file .*token\.json$/));
    expect(leaks).toContainEqual("access token (whole) in output");
  });
});
