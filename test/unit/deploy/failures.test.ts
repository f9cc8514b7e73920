import { describe, expect, it } from "vitest";
import { commandFailure } from "../../../tasks/DatabricksBundleDeploy/failure.ts";

type Session = Parameters<typeof commandFailure>[0];

const session = {
  inputs: { host: "https://adb-1.7.azuredatabricks.net", forceLock: false, arguments: ["--select=a"] },
  metadataService: { refusedHosts: new Set<string>(), lastFailure: () => undefined },
  cliVersion: { seen: () => "1.13.0" },
} as unknown as Session;

function explain(text: string, more: Partial<{ silent: boolean; bundleHost: string }> = {}): string {
  const outcome = { exitCode: 1, lines: text.split("\n"), silent: false, bundleHost: undefined, ...more };
  const { message, hint, anchor } = commandFailure(session, "deploy", outcome);
  return `${message} ${hint} #${anchor}`;
}

describe("What a failure of the CLI is explained with", () => {
  it.each([
    [
      "  delete resources.schemas.orders\n  recreate resources.pipelines.p\nError: the deployment requires destructive actions, but the current console does not support prompting.",
      /would delete schemas\.orders, recreate pipelines\.p; no resource was changed\..*autoApprove: true.*#destructive-changes/,
    ],
    [
      "Error: the deployment requires destructive actions, but current console does not support prompting. Please specify --auto-approve",
      /would delete or recreate resources; .*#destructive-changes/,
    ],
    ["Error: lineage mismatch in state files", /belongs to a deployment that was destroyed since.*#stale-state/],
    [
      "Error: Databricks CLI version constraint not satisfied. Required: >= 2.0.0, < 3, current: 1.13.0",
      /asks for Databricks CLI >= 2\.0\.0, < 3; this agent has 1\.13\.0.*version: bundle.*#cli-version/,
    ],
    ['Error: unknown command "plan" for "databricks bundle"', /is 1\.13\.0; this task needs 0\.299\.0.*#cli-version/],
    ["Error: unknown flag: --fail-on-active-runs", /this task needs 0\.299\.0.*DatabricksCliInstaller@1/],
    ["Error: unknown flag: --select", /"databricks bundle deploy" failed \(exit code 1\): unknown flag: --select/],
    [
      "Error: wrong\n  in a.yml:1:2\n",
      /failed \(exit code 1\)\. Each error stands above, with its place\. #deploy-failed/,
    ],
    ["something", /failed \(exit code 1\)\. The CLI's own output stands above/],
  ])("%j", (text, expected) => {
    expect(explain(text)).toMatch(expected);
  });

  it("says how many destructive changes it does not name", () => {
    const deletions = Array.from({ length: 25 }, (_, index) => `  delete resources.schemas.s${index}`);
    const error = "Error: the deployment requires destructive actions";
    expect(explain([...deletions, error].join("\n"))).toMatch(
      /delete schemas\.s19, and 5 more; no resource was changed\./,
    );
  });

  it("names the bundle's host when nobody answers there", () => {
    expect(explain("", { silent: true, bundleHost: "https://dead.example" })).toMatch(
      /workspace\.host https:\/\/dead\.example does not answer.*#wrong-host/,
    );
  });
});
