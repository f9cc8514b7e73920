import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { taskNodes } from "../nodes.ts";
import { loginJobOf, type Script } from "../steps/login-job.ts";
import { type ServerRecords, useLab } from "../use-lab.ts";
import { clientNetwork, installClients, prepareClients } from "./clients.ts";

/** Clients by what is in the User-Agent of their requests to the workspace. */
const userAgents: readonly (readonly [string, RegExp])[] = [
  ["CLI", /^cli\//],
  ["SQL connector", /^PyDatabricksSqlConnector\/(?!.*dbt)/i],
  ["dbt", /dbt/i],
  ["Python SDK", /databricks-sdk-py/],
  ["Go SDK", /^(?!cli\/).*databricks-sdk-go/],
  ["JavaScript SDK", /databricks-sdk-js/],
  ["databricks-connect", /^grpc-python\//],
  ["curl", /^curl\//],
];

/** For each client: its requests with a token, how many different tokens it used, and how many were refused. */
function usage(requests: ServerRecords["workspace"]) {
  return userAgents.map(([client, pattern]) => {
    const own = requests.filter(({ userAgent, tokenId }) => tokenId && pattern.test(userAgent ?? ""));
    const refused = own.filter(({ status }) => status === 401 || status === 403);
    return {
      client,
      requests: own.length,
      tokens: new Set(own.map(({ tokenId }) => tokenId)).size,
      refused: refused.length,
    };
  });
}

describe.each(taskNodes)("Clients in a job that is signed in, on $name", ({ name, path: node }) => {
  const { lab, checkout, requests } = useLab(node);

  beforeAll(async () => {
    await installClients();
    await lab.programs.cli("1.12.1");
  });

  it("all use live tokens, renew them, and leave nothing behind", { timeout: 300_000 }, async () => {
    lab.entra.accessTokenLifetimeSeconds = 8;
    const { job, run: deploy } = await checkout(undefined, { agent: { environment: clientNetwork(lab) } });
    const clients = await prepareClients(job.workingDirectory);
    const { login, script, finish } = loginJobOf(job, lab);
    const times: Record<string, number> = {};
    const timed = async (step: string, run: Promise<Script>) => {
      const done = await run;
      expect(done.result, done.text).toBe("Succeeded");
      times[step] = Math.round(done.durationMs);
      return done.output.join("\n");
    };
    const servicePrincipal = lab.deployer.clientId;

    const [{ signedIn, finished }, { workspace, accessTokens, entra, azureDevOps }] = await requests(async () => {
      const signedIn = await login({ oauthClient: "true" });
      expect(signedIn.result, signedIn.text).toBe("Succeeded");
      times["login"] = Math.round(signedIn.durationMs);

      const list = "databricks api get /api/2.2/jobs/list; databricks auth describe";
      const cli = await timed("CLI", script(list));
      expect(cli).toContain("Authenticated with: metadata-service");
      expect(cli).toContain(`User: ${servicePrincipal}`);
      const newer = path.dirname(await lab.programs.cli("1.12.1"));
      expect(await timed("CLI 1.12.1", script(`PATH=${newer}:$PATH; databricks version; ${list}`))).toContain("1.12.1");

      // So that dbt, too, works for longer than a token lives.
      lab.workspace.fault({ method: "POST", path: /^\/sql\// }, { delayMs: 2_000 }, 12);
      const { python, pytest, go, javascript, sql, connect, dbt } = clients;
      const together = [python(5, 3), pytest, go(5, 3), javascript(5, 3), sql(5, 3), connect(5, 3), dbt];
      const printed = await timed(
        "Python SDK, pytest, Go SDK, JavaScript SDK, SQL connector, databricks-connect, dbt",
        script(`pids=(); for command in ${together.map((one) => `'${one}'`).join(" ")}; do
          bash -c "$command" & pids+=($!); done
          for pid in "\${pids[@]}"; do wait "$pid" || exit 1; done`),
      );
      const lines = (text: string) => printed.match(new RegExp(`^.*${text}`, "gm"));
      for (const language of ["python", "go", "javascript"]) {
        expect(lines(`${language}: ${servicePrincipal} by metadata-service`), printed).toHaveLength(5);
      }
      expect(lines("sql: \\[\\('1',\\)\\]"), printed).toHaveLength(5);
      expect(lines("connect: reached the workspace"), printed).toHaveLength(5);
      expect(printed).toContain("3 passed");
      expect(printed).toContain("Completed successfully");
      expect(lab.workspace.statements.join("\n")).toMatch(/create or replace view `main`\.`sales`\.`orders`/);

      const step = await deploy();
      expect(step.result, step.text).toBe("Succeeded");
      expect(step.warnings).toEqual([]);
      expect(step.text).not.toMatch(
        /DATABRICKS_(AUTH_TYPE|METADATA_SERVICE_URL|CLIENT_ID|CLIENT_SECRET|DISCOVERY_URL)/,
      );
      times["bundle deploy"] = Math.round(step.durationMs);

      const after = await timed("CLI and curl after the deploy", script(`${list}\n${clients.curl}`));
      expect(after).toMatch(/curl: \["\[dev .*Daily sales"\]/);
      return { signedIn, finished: await finish() };
    });
    lab.entra.accessTokenLifetimeSeconds = 3600;

    const { postSteps, orphans } = finished;
    const report = /Signed out\. (\d+) token requests answered: (.*); (\d+) renewals\./.exec(postSteps[0]?.text ?? "");
    const table = usage(workspace);
    console.log(`${name}: ${report?.[0]}`);
    console.table(table);
    console.log(`${name}: Azure DevOps ${azureDevOps.length}, Entra ${entra.length} requests. ms:`, times);

    expect(postSteps.map(({ result, warnings }) => ({ result, warnings }))).toEqual([
      { result: "Succeeded", warnings: [] },
    ]);
    expect(orphans).toEqual([]);
    expect(signedIn.leftInTemp).toEqual([]);
    expect(signedIn.taskFolderChanged).toBe(false);
    expect(report?.[2]).toMatch(/^[^,]*, .*\bjavascript \d+/);
    // The deploy task signs in by itself, with a token of its own.
    expect(Number(report?.[3])).toBeLessThan(accessTokens.length);
    expect(Number(report?.[3])).toBeGreaterThan(3);
    expect(table.filter(({ requests: count }) => count === 0)).toEqual([]);
    expect(table.filter(({ refused }) => refused > 0)).toEqual([]);
    expect(table.filter(({ client, tokens }) => client !== "curl" && tokens < 2)).toEqual([]);
  });
});
