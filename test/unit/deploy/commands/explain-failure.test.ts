import { describe, expect, it } from "vitest";
import { unplacedErrors } from "../../../../tasks/common/databricks/cli/diagnostics.ts";
import { cliOutput } from "../../../../tasks/common/databricks/cli/output.ts";
import { explainFailure } from "../../../../tasks/DatabricksBundleDeploy/commands/explain-failure.ts";
import { knownFailures } from "../../../../tasks/DatabricksBundleDeploy/commands/known-failures.ts";

type FailedStep = Parameters<typeof explainFailure>[0];

const step = {
  inputs: { host: "https://adb-1.7.azuredatabricks.net", forceLock: false, arguments: ["--select=a"] },
  metadataService: { servedHosts: new Set<string>(), refusedHosts: new Set<string>(), lastFailure: () => undefined },
  cliVersion: { seen: () => "1.13.0" },
  declared: { host: "https://dead.example" },
} as unknown as FailedStep;

function explanationOf(text: string, silent = false, changed: Partial<FailedStep> = {}) {
  const output = cliOutput(
    { folder: "/nowhere", environment: {} },
    { onLine: () => undefined, onDiagnostic: () => undefined },
  );
  for (const line of text.split("\n")) output.line(line, "stderr");
  output.end();
  const { facts } = output;
  return { ...explainFailure({ ...step, ...changed }, "deploy", { exitCode: 1, facts, silent }), facts };
}

function explain(...failed: Parameters<typeof explanationOf>): string {
  const { message, hint, section } = explanationOf(...failed).error;
  return `${message} ${hint} #${section}`;
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
    [
      "Error: changed remotely\n  at resources.dashboards.x\n",
      /failed \(exit code 1\): changed remotely \(at resources\.dashboards\.x\)\. The CLI's own output stands above/,
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
    expect(explain("", true)).toMatch(/workspace\.host https:\/\/dead\.example does not answer.*#wrong-host/);
  });

  it("says that no workspace is named anywhere", () => {
    const unconfigured =
      "Error: failed during request visitor: metadata-service auth: not configured. Config: profile=x";
    const unnamed = {
      inputs: { ...step.inputs, host: undefined, target: "dev" },
      declared: { ...step.declared, host: undefined },
    };
    expect(explain(unconfigured, false, unnamed as Partial<FailedStep>)).toMatch(
      /No workspace is named: workspaceUrl is empty, and neither the bundle nor its target dev sets.*#wrong-host/,
    );
  });

  it.each([
    "Error: cannot create resources.jobs.a: User does not have permission (403 PERMISSION_DENIED)",
    "Error: PERMISSION_DENIED: User is not an owner of the schema",
  ])("says who lacks a right: %s", (text) => {
    expect(explain(text)).toMatch(/service principal of the connection lacks a right.*#permissions/);
  });

  it("says that hosts differ in letters alone", () => {
    const mismatch =
      "Error: cannot resolve bundle auth configuration: the host in the profile (https://adb-1.7.azuredatabricks.net) doesn’t match the host configured in the bundle (https://ADB-1.7.azuredatabricks.net)";
    expect(explain(mismatch)).toMatch(/points to https:\/\/ADB-1.*differ in upper and lower case alone.*#wrong-host/);
  });

  it("does not blame a host that a program asked for which the CLI started", () => {
    const refusedHosts = new Set(["https://accounts.azuredatabricks.net"]);
    const asked = (servedHosts: Set<string>) =>
      explain("Error: No such cluster.", false, {
        metadataService: { ...step.metadataService, servedHosts, refusedHosts },
      });
    expect(asked(new Set())).toMatch(/points to https:\/\/accounts/);
    expect(asked(new Set(["https://adb-1.7.azuredatabricks.net"]))).toMatch(/failed \(exit code 1\): No such cluster/);
  });
});

describe("Errors of the CLI that are shown beside the step's own error", () => {
  const lock =
    "deploy lock acquired by 1f2e at 2026-11-23 20:15:01.5 +0000 UTC.\nAnother deployment may be in progress.";

  function shownBeside(text: string, ...rest: [silent?: boolean, changed?: Partial<FailedStep>]): string[] {
    const { explained, facts } = explanationOf(text, ...rest);
    return unplacedErrors(facts.errors)
      .filter((error) => !explained.includes(error))
      .map(({ summary }) => summary);
  }

  it.each([
    ["Error: first\n\nError: second\nsecond line\n\nError: second\nsecond line", ["second\nsecond line"]],
    ["Error: placed\n  in a.yml:1:2\n\nError: first\n\nError: second", ["second"]],
    ["Error: Failed to do it: no rights\nError: no rights", []],
    [`Error: Failed to acquire deployment lock: ${lock}\nError: ${lock}`, []],
    [`Error: ${lock}\n\nError: another`, ["another"]],
    ["Error: the deployment requires destructive actions, but\nTo proceed\n\nError: another", ["another"]],
    ["Error: lineage mismatch in state files\n\nError: another", ["another"]],
    [
      "Error: Databricks CLI version constraint not satisfied. Required: 3, current: 1.13.0\n\nError: another",
      ["another"],
    ],
  ])("%j", (text, others) => {
    expect(shownBeside(text)).toEqual(others);
  });

  it("are all those in which no known pattern is found, whatever known failure explains the run", () => {
    const samples = [
      "CLI version constraint not satisfied. Required: 3, current: 1.13.0",
      'unknown command "plan" for "databricks bundle"',
      "the host in the profile (https://a) doesn't match the host configured in the bundle (https://b)",
      "failed during request visitor: metadata-service auth: not configured",
      "failed during request visitor: azure-cli auth: not configured",
      lock,
      "the deployment requires destructive actions",
      "lineage mismatch in state files",
    ];
    const noHost = { inputs: { ...step.inputs, host: undefined }, declared: { ...step.declared, host: undefined } };
    for (const { pattern } of knownFailures) {
      const sample = samples.find((text) => pattern.test(text));
      if (sample === undefined) throw new Error(`No sample has ${pattern}: add one.`);
      expect(shownBeside(`Error: ${sample}\n\nError: another`, false, noHost), sample).toEqual(["another"]);
    }
  });

  it("are those that no missing token explains, where the token could not be renewed", () => {
    const metadataService = { ...step.metadataService, lastFailure: () => new Error("Entra did not answer") };
    const text = "Error: failed during request visitor: metadata-service auth: token request\n\nError: another";
    expect(shownBeside(text, false, { metadataService })).toEqual(["another"]);
    expect(explain(text, false, { metadataService })).toMatch(/could not be renewed: Error: Entra did not answer/);
  });
});
