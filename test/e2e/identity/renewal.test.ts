import fs from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { Lab } from "../../lab/lab.ts";
import { findLeaks, issuedTokens } from "../leak-search.ts";
import { newestNode } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

/** Files that the CLI uploads one by one, at its 15 requests a second: 120 take about eight seconds. */
function addFiles(bundle: string, count = 120): void {
  for (let i = 0; i < count; i++) fs.writeFileSync(path.join(bundle, "src", `data_${i}.txt`), `${i}\n`);
}

/** Acts as soon as Entra has issued the token that the step signs in with; all later tokens are renewals. */
async function afterSignIn({ entra }: Lab, act: () => void): Promise<void> {
  const before = entra.issued.length;
  await vi.waitFor(() => expect(entra.issued.length).toBeGreaterThan(before), { timeout: 30_000, interval: 5 });
  act();
}

// Each test waits for several tokens to expire. Other tests renew on each Node version.
describe.each([newestNode])("Renewal on $name", ({ path: node }) => {
  const { lab, deploy, requests } = useLab(node);

  it("deploys for longer than a token lives, with a fresh ID token for each renewal", async () => {
    lab.entra.accessTokenLifetimeSeconds = 12;
    // An ID token expires before the next renewal, which starts after half of the time in which the access token is used.
    lab.azureDevOps.idTokenLifetimeSeconds = 4;
    const [step, { workspace, idTokens, accessTokens }] = await requests(() =>
      deploy({ prepare: (bundle) => addFiles(bundle, 220) }),
    );
    expect(step.result).toBe("Succeeded");
    expect(step.durationMs).toBeGreaterThan(12_000);
    expect(findLeaks(issuedTokens(lab), step.traces)).toEqual([]);
    expect(accessTokens.length).toBeGreaterThanOrEqual(3);
    expect(new Set(idTokens).size).toBe(accessTokens.length);
    expect(workspace.filter(({ status }) => status === 401 || status === 403)).toEqual([]);
    const used = new Set(workspace.map(({ tokenId }) => tokenId).filter(Boolean));
    expect(used.size).toBeGreaterThanOrEqual(3);
  });

  it("goes on with the old token while a renewal fails, and tries again", async () => {
    lab.entra.accessTokenLifetimeSeconds = 8;
    lab.azureDevOps.idTokenLifetimeSeconds = 600;
    const step = await deploy({
      prepare: (bundle) => addFiles(bundle),
      onStart: () =>
        afterSignIn(lab, () => lab.entra.fault({ status: 400, body: { error: "temporarily_unavailable" } })),
    });
    expect(step.result).toBe("Succeeded");
    expect(lab.entra.requests.map(({ outcome }) => outcome)).toContain("fault");
  });

  it("says why no renewal succeeded before the token expired", async () => {
    lab.entra.accessTokenLifetimeSeconds = 8;
    const deployer = lab.addDeployer();
    const step = await deploy({
      deployer,
      prepare: (bundle) => addFiles(bundle, 220),
      onStart: () => afterSignIn(lab, () => lab.entra.removeFederatedCredentials(deployer.clientId)),
    });
    lab.entra.accessTokenLifetimeSeconds = 3600;
    expect(step.result).toBe("Failed");
    expect(step.errors).toEqual([expect.stringMatching(/does not have a federated credential \(AADSTS70025\)/)]);
    expect(step.text).toMatch(/token request: .*AADSTS70025/);
    expect(findLeaks(issuedTokens(lab), step.traces)).toEqual([]);
  });
});
