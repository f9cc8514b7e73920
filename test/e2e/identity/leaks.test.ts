import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { findLeaks, issuedTokens } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { addToProd, useLab } from "./deploy-step.ts";

describe.each(taskNodes)("Tokens on $name", ({ path: node }) => {
  const fixture = useLab(node);

  it("stay hidden in debug mode", async () => {
    const { step, traces } = await fixture.deploy({ job: { debug: true } });
    expect(step.result).toBe("Succeeded");
    expect(step.log.join("\n")).toContain("##[debug]Entra issued an access token");
    expect(findLeaks(issuedTokens(fixture.lab), traces)).toEqual([]);
  });

  it.each(["connection-authorised", "federated-credential", "workspace-member"] as const)(
    "stay hidden when the set-up step %s is missing",
    async (missing) => {
      const { lab } = fixture;
      const { step, traces } = await fixture.deploy({ deployer: lab.addDeployer([missing]), job: { debug: true } });
      expect(step.result).toBe("Failed");
      expect(findLeaks(issuedTokens(lab), traces)).toEqual([]);
    },
  );

  it("stay hidden when the CLI fails", async () => {
    const { lab } = fixture;
    lab.workspace.fault({ path: /jobs\/create/ }, { status: 400, body: { error_code: "INVALID", message: "No." } });
    const { step, traces } = await fixture.deploy({ deployer: lab.addDeployer(), job: { debug: true } });
    expect(step.result).toBe("Failed");
    expect(findLeaks(issuedTokens(fixture.lab), traces)).toEqual([]);
  });

  it("leaves nothing of the step's own folder behind", async () => {
    const { step, job } = await fixture.deploy();
    expect(step.result).toBe("Succeeded");
    expect(fs.readdirSync(job.tempDirectory).filter((name) => name.startsWith("databricks-step-"))).toEqual([]);
    expect(step.leftInTemp.filter((file) => /databrickscfg|\.pem$/.test(file))).toEqual([]);
  });

  it("would be found: the search sees a token that a script of the bundle prints or stores", async () => {
    const { lab } = fixture;
    const script =
      'curl -s -H "X-Databricks-Metadata-Version: 1" -H "X-Databricks-Host: $DATABRICKS_HOST" "$DATABRICKS_METADATA_SERVICE_URL" | tee token.json';
    const { traces, step } = await fixture.deploy({
      inputs: { target: "prod" },
      prepare: (bundle) => addToProd(bundle, `\nexperimental:\n  scripts:\n    postinit: ${JSON.stringify(script)}\n`),
    });
    expect(step.log.join("\n")).toContain('"access_token":"***"');
    const leaks = findLeaks(issuedTokens(lab), traces);
    expect(leaks).toContainEqual(expect.stringMatching(/^access token \(whole\) in file .*token\.json$/));
    expect(leaks).toContainEqual("access token (whole) in output");
  });
});
