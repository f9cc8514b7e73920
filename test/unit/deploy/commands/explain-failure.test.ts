import { describe, expect, it } from "vitest";
import { unplacedErrors } from "../../../../tasks/common/databricks/cli/diagnostics.ts";
import { cliFailures } from "../../../../tasks/common/failures/cli.ts";
import { explainFailure } from "../../../../tasks/DatabricksBundleDeploy/commands/explain-failure.ts";
import {
  explainedFailures,
  untrustedCertificate,
} from "../../../../tasks/DatabricksBundleDeploy/commands/known-failures.ts";
import { cliSamples } from "../../failures/samples.ts";
import { explanationOf, type FailedStep, step } from "./explain.ts";

function explain(...failed: Parameters<typeof explanationOf>): string {
  const { message, hint, section } = explanationOf(...failed).error;
  return `${message} ${hint} #${section}`;
}

describe("The explanation of a failure of the CLI", () => {
  it.each([
    [
      "  delete resources.schemas.orders\n  recreate resources.pipelines.p\nError: the deployment requires destructive actions, but the current console does not support prompting.",
      /No resource was changed, because the deployment would delete schemas\.orders, recreate pipelines\.p\..*autoApprove: true.*#destructive-changes/,
    ],
    [
      "Error: the deployment requires destructive actions, but current console does not support prompting. Please specify --auto-approve",
      /would delete or recreate resources\. .*#destructive-changes/,
    ],
    [
      "Error: lineage mismatch in state files",
      /belongs to a different deployment than the one in the workspace\. .*probably destroyed.*#stale-state/,
    ],
    [
      "Error: Databricks CLI version constraint not satisfied. Required: >= 2.0.0, < 3, current: 1.13.0",
      /requires Databricks CLI >= 2\.0\.0, < 3, but this agent has 1\.13\.0.*version: bundle.*#cli-version/,
    ],
    [
      "Error: Prod: no such target. Available targets: prod, dev",
      /The bundle has no target Prod\. Its targets: prod, dev\. Correct the input target or, .*DATABRICKS_BUNDLE_TARGET\. Upper and lower case must match\. #inputs/,
    ],
    [
      "Error: Failed to acquire deployment lock: access denied: /Workspace/Shared/b/state/deploy.lock",
      /^The service principal of the connection does not have access to \/Workspace\/Shared\/b\/state\/deploy\.lock in the workspace\. .*CAN MANAGE.*#permissions/,
    ],
    ["Error: please specify target", /several targets and no default target.*Set the input target, .*#inputs/],
    [
      'Error: Get "https://adb-1.7.azuredatabricks.net/api/2.0/preview/scim/v2/Me?": dial tcp: lookup adb-1.7.azuredatabricks.net on 10.0.0.1:53: no such host',
      /^The CLI cannot reach adb-1\.7\.azuredatabricks\.net, although this task can: dial tcp: lookup .*: no such host\. Check HTTPS_PROXY and NO_PROXY of this job.*#network/,
    ],
    [
      'Error: Get "https://adb-1.7.azuredatabricks.net/x": tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
      /^The CLI cannot reach .*: tls: failed to verify certificate: x509: .*#network/,
    ],
    [
      'Error: Get "https://files.example/x": dial tcp: lookup files.example: no such host',
      /^"databricks bundle deploy" failed \(exit code 1\): Get "https:..files\.example/,
    ],
    ["Error: unknown flag: --select", /"databricks bundle deploy" failed \(exit code 1\): unknown flag: --select/],
    [
      "Error: wrong\n  in a.yml:1:2\n",
      /failed \(exit code 1\)\. Each error is shown above with its file and line\. #deploy-failed/,
    ],
    [
      "Error: changed remotely\n  at resources.dashboards.x\n",
      /failed \(exit code 1\): changed remotely \(at resources\.dashboards\.x\)\. See the CLI output above/,
    ],
    [
      "Error: cannot create resources.schemas.orders: Schema 'main.orders' already exists (400 SCHEMA_ALREADY_EXISTS)",
      /^The workspace already contains schemas\.orders, which does not belong to this deployment: Schema 'main\.orders' already exists .*bundle deployment bind orders <ID.*#deploy-failed/,
    ],
    [
      "Executing 'postinit' script\ncannot parse it\nError: failed to execute script: exit status 3",
      /failed \(exit code 1\): failed to execute script postinit: exit status 3 … cannot parse it\./,
    ],
    [
      "Executing 'predeploy' script\nno disk\nError: failed to execute script: exit status 3\n\nError: another",
      /failed to execute script predeploy: exit status 3 … no disk\./,
    ],
    ["something", /failed \(exit code 1\)\. See the CLI output above/],
  ])("explains %j", (text, expected) => {
    expect(explain(text)).toMatch(expected);
  });

  it.each<[NodeJS.Platform, string, RegExp]>([
    ["win32", "x509: certificate signed by unknown authority", /certutil -addstore Root/],
    ["darwin", "x509: \u201cContoso CA\u201d certificate is not trusted", /security add-trusted-cert/],
    ["linux", "x509: certificate signed by unknown authority", /config\.sh --sslcacert/],
  ])("says on %s how the CLI comes to trust a certificate: %s", (platform, cause, expected) => {
    const { pattern } = cliFailures["untrusted-certificate"];
    const { host = "" } = pattern.exec(`Get "https://h/api": tls: failed: ${cause}`)?.groups ?? {};
    const { message, hint, section } = untrustedCertificate(host, platform);
    expect(message).toMatch(/^The Databricks CLI does not trust the certificate of h\. /);
    expect(hint).toMatch(expected);
    expect(section).toBe("network");
  });

  it("counts the destructive changes that the explanation does not name", () => {
    const deletions = Array.from({ length: 25 }, (_, index) => `  delete resources.schemas.s${index}`);
    const error = "Error: the deployment requires destructive actions";
    expect(explain([...deletions, error].join("\n"))).toMatch(
      /No resource was changed, because .*delete schemas\.s19, and 5 more\./,
    );
  });

  it("names the bundle's host if it does not answer", () => {
    expect(explain("", true)).toMatch(/workspace\.host https:\/\/dead\.example does not answer.*#wrong-host/);
  });

  it("reports that no workspace is specified", () => {
    const unconfigured =
      "Error: failed during request visitor: metadata-service auth: not configured. Config: profile=x";
    const unnamed = {
      inputs: { ...step.inputs, host: undefined, target: "dev" },
      declared: { ...step.declared, host: undefined },
    };
    expect(explain(unconfigured, false, unnamed as Partial<FailedStep>)).toMatch(
      /No workspace is specified: workspaceUrl is empty, and neither the bundle nor its target dev sets.*#wrong-host/,
    );
  });

  it.each([
    "Error: cannot create resources.jobs.a: User does not have permission (403 PERMISSION_DENIED)",
    "Error: PERMISSION_DENIED: User is not an owner of the schema",
  ])("names the service principal that needs a permission: %s", (text) => {
    expect(explain(text)).toMatch(
      /service principal of the connection does not have a required permission.*#permissions/,
    );
  });

  it.each([
    "no active lock on target dir: file does not exist: /b/state/deploy.lock",
    "Path (/b/state/deploy.lock) doesn't exist.",
  ])("does not take a failed release of the own lock for a lock of another deployment: %s", (reason) => {
    const errors = `Error: cannot create resources.jobs.a: Not Found (404 UNKNOWN)\n\nError: unlock called when lock is not held: ${reason}`;
    expect(explain(errors)).toMatch(/cannot create resources\.jobs\.a/);
    expect(explain(errors)).not.toMatch(/Another deployment|#deploy-lock/);
  });

  it("reports that hosts differ only in upper and lower case", () => {
    const mismatch =
      "Error: cannot resolve bundle auth configuration: the host in the profile (https://adb-1.7.azuredatabricks.net) doesn’t match the host configured in the bundle (https://ADB-1.7.azuredatabricks.net)";
    expect(explain(mismatch)).toMatch(/points to https:\/\/ADB-1.*differ only in upper and lower case.*#wrong-host/);
  });

  it("does not blame a host for which a program asked that the CLI started", () => {
    const refusedHosts = new Set(["https://accounts.azuredatabricks.net"]);
    const asked = (servedHosts: Set<string>) =>
      explain("Error: No such cluster.", false, {
        metadataService: { ...step.metadataService, servedHosts, refusedHosts },
      });
    expect(asked(new Set())).toMatch(/points to https:\/\/accounts/);
    expect(asked(new Set(["https://adb-1.7.azuredatabricks.net"]))).toMatch(/failed \(exit code 1\): No such cluster/);
  });
});

it.each([
  ['unknown command "plan" for "databricks bundle"', "plan"],
  ["unknown flag: --fail-on-active-runs", "--fail-on-active-runs"],
])("tells which version the task needs if the CLI does not know a word: %s", (text, word) => {
  const cliVersion = { ...step.cliVersion, seen: () => undefined };
  expect(explain(`Error: ${text}`, false, { cliVersion })).toMatch(
    new RegExp(
      `does not support ${word}, but this task needs version 0\\.299\\.0.*DatabricksCliInstaller@1.*#cli-version`,
    ),
  );
  // A CLI that has told its version has all words; a script of the bundle has started another program.
  expect(explain(`Error: ${text}`)).toMatch(
    /^"databricks bundle deploy" failed \(exit code 1\): unknown .*#deploy-failed$/,
  );
});

describe("A program of the bundle that may not do something", () => {
  const failed = (text: string) => `Error: build failed w, error: exit status 2, output: Building\n${text}`;

  it("is not explained by missing rights in the workspace where another server refuses it", () => {
    const feed =
      "HTTP status client error (403 Forbidden) for url (https://pkgs.dev.azure.com/o/_packaging/f/pypi/simple/x/)";
    expect(explain(failed(feed))).toMatch(/^"databricks bundle deploy" failed .*\(403 Forbidden\).*#deploy-failed$/);
  });

  it("is explained by them where the workspace refuses it", () => {
    expect(explain(failed("PERMISSION_DENIED: no rights"))).toMatch(
      /required permission in the workspace.*#permissions$/,
    );
  });
});

describe("The cause that is quoted", () => {
  it("is every line of a short error", () => {
    const branch =
      "Error: not on the right Git branch:\n  expected according to configuration: main\n  actual: feature\nuse --force";
    expect(explain(branch)).toContain(
      "failed (exit code 1): not on the right Git branch: expected according to configuration: main; actual: feature; use --force.",
    );
  });

  it("is the first and the last line of a long one, which is shown whole beside it", () => {
    const frames = Array.from({ length: 20 }, (_, index) => `  File "setup.py", line ${index}, in build`).join("\n");
    const text = `Error: build failed w, error: exit status 1, output: Traceback (most recent call last):\n${frames}\nValueError: no version`;
    const { error, explained } = explanationOf(text);
    expect(error.message).toMatch(
      /failed \(exit code 1\): build failed w, .*Traceback \(most recent call last\) … ValueError: no version\.$/,
    );
    expect(explained).toEqual([]);
  });

  it.each([
    "build failed w, error: exit status 1, output: * Creating isolated environment...",
    'python mutator process failed: "python3: exit status 1", use --debug to enable logging',
  ])("is the first line and the last line of a program's output, whatever empty lines it has: %s", (first) => {
    const output = "Traceback (most recent call last):\nKeyError: 1\n\nDuring handling:\n\nValueError: no version";
    const { error } = explanationOf(`Error: ${first}\n\n${output}\n`);
    expect(error.message).toContain(`${first.replace(/\.+$/, "")} … ValueError: no version.`);
  });

  it("includes the detail, but not what merely repeats the request", () => {
    const mutator = "Error: Failed to load resources\n\nTypeError: name is not a text";
    expect(explain(mutator)).toContain(
      "failed (exit code 1): Failed to load resources; TypeError: name is not a text.",
    );
    const api =
      "Error: cannot create resources.jobs.a: no such cluster (400 INVALID)\n\nEndpoint: POST https://h/api\nHTTP Status: 400 Bad Request\nAPI error_code: INVALID\nAPI message: no such cluster";
    expect(explain(api)).toContain(
      "failed (exit code 1): cannot create resources.jobs.a: no such cluster (400 INVALID).",
    );
  });

  it("names a command that this task runs for another", () => {
    const inputs = { ...step.inputs, command: "destroy" } as FailedStep["inputs"];
    const { facts } = explanationOf("Error: odd");
    const { error } = explainFailure({ ...step, inputs }, "summary", { exitCode: 1, facts, silent: false });
    expect(error.message).toMatch(/^"databricks bundle summary", which this task runs for destroy, failed .*: odd\.$/);
  });
});

it("says that the CLI has crashed, and of what", () => {
  const crash = "The Databricks CLI unexpectedly had a fatal error.\n\nPanic Payload: index out of range\n";
  expect(explain(crash)).toMatch(
    /^The Databricks CLI crashed in "databricks bundle deploy": index out of range\. .*another version/,
  );
});

it("says what the CLI cannot reach where the bundle names no host", () => {
  const declared = { ...step.declared, host: undefined };
  expect(explain("", true, { declared })).toMatch(
    /it cannot reach https:\/\/adb-1\.7\.azuredatabricks\.net, although this task can.*HTTPS_PROXY and NO_PROXY.*#network/,
  );
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
      "Executing 'postdeploy' script\nno disk\nError: failed to execute script: exit status 3\n\nError: another",
      ["another"],
    ],
    [
      "Error: Databricks CLI version constraint not satisfied. Required: 3, current: 1.13.0\n\nError: another",
      ["another"],
    ],
  ])("shows every error except the explained one of %j", (text, others) => {
    expect(shownBeside(text)).toEqual(others);
  });

  it("shows every error without a known pattern, whichever known failure explains the run", () => {
    for (const { id } of explainedFailures) {
      for (const { text, changed } of cliSamples(id)) {
        expect(shownBeside(`${text}\n\nError: another`, false, changed), id).toEqual(["another"]);
      }
    }
  });

  it("shows every error that a missing token does not explain, if the token could not be renewed", () => {
    const metadataService = { ...step.metadataService, lastFailure: () => new Error("Entra did not answer") };
    const text = "Error: failed during request visitor: metadata-service auth: token request\n\nError: another";
    expect(shownBeside(text, false, { metadataService })).toEqual(["another"]);
    expect(explain(text, false, { metadataService })).toMatch(/could not be renewed: Error: Entra did not answer/);
  });
});
