import fs from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { Lab } from "../../lab/lab.ts";
import { findLeaks, issuedTokens } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { requestsDuring, useLab } from "./deploy-step.ts";

/** Files that the CLI uploads one by one, at its 15 requests a second: 120 take about eight seconds. */
function addFiles(bundle: string, count = 120): void {
  for (let i = 0; i < count; i++) fs.writeFileSync(path.join(bundle, "src", `data_${i}.txt`), `${i}\n`);
}

/** Does something as soon as Entra has issued the token that the step signs in with: what comes next are renewals. */
async function afterSignIn({ entra }: Lab, act: () => void): Promise<void> {
  const before = entra.issued.length;
  await vi.waitFor(() => expect(entra.issued.length).toBeGreaterThan(before), { timeout: 30_000, interval: 5 });
  act();
}

describe.each(taskNodes)("Renewal on $name", ({ path: node }) => {
  const fixture = useLab(node);

  it("deploys for longer than several tokens live, with a fresh ID token for each", async () => {
    const { lab } = fixture;
    lab.entra.accessTokenLifetimeSeconds = 8;
    // Over before the next renewal, which comes after half of the access token's life.
    lab.azureDevOps.idTokenLifetimeSeconds = 3;
    const [idTokens, tokens] = [lab.azureDevOps.issued.length, lab.entra.issued.length];
    const requests = await requestsDuring(lab.workspace.requests, async () => {
      const { step, traces } = await fixture.deploy({ prepare: (bundle) => addFiles(bundle, 220) });
      expect(step.result).toBe("Succeeded");
      expect(step.durationMs).toBeGreaterThan(12_000);
      expect(findLeaks(issuedTokens(lab), traces)).toEqual([]);
    });
    const renewals = lab.entra.issued.length - tokens;
    expect(renewals).toBeGreaterThanOrEqual(3);
    expect(new Set(lab.azureDevOps.issued.slice(idTokens)).size).toBe(renewals);
    expect(requests.filter(({ status }) => status === 401 || status === 403)).toEqual([]);
    const used = new Set(requests.map(({ tokenId }) => tokenId).filter(Boolean));
    expect(used.size).toBeGreaterThanOrEqual(3);
  });

  it("goes on with the old token while a renewal fails, and tries again", async () => {
    const { lab } = fixture;
    lab.entra.accessTokenLifetimeSeconds = 8;
    lab.azureDevOps.idTokenLifetimeSeconds = 600;
    const result = await fixture.deploy({
      prepare: (bundle) => addFiles(bundle),
      onStart: () =>
        afterSignIn(lab, () => lab.entra.fault({ status: 400, body: { error: "temporarily_unavailable" } })),
    });
    expect(result.step.result).toBe("Succeeded");
    expect(lab.entra.requests.map(({ outcome }) => outcome)).toContain("fault");
  });

  it("says why when no renewal succeeds before the token dies", async () => {
    const { lab } = fixture;
    lab.entra.accessTokenLifetimeSeconds = 8;
    const deployer = lab.addDeployer();
    const { step, error, traces } = await fixture.deploy({
      deployer,
      prepare: (bundle) => addFiles(bundle, 220),
      onStart: () => afterSignIn(lab, () => lab.entra.removeFederatedCredentials(deployer.clientId)),
    });
    lab.entra.accessTokenLifetimeSeconds = 3600;
    expect(step.result).toBe("Failed");
    expect(error).toMatch(/does not have a federated credential \(AADSTS70025\)/);
    expect(step.log.join("\n")).toMatch(/token request: .*AADSTS70025/);
    expect(findLeaks(issuedTokens(lab), traces)).toEqual([]);
  });
});
