import { readCurrentUser } from "../../../tasks/common/databricks/workspace/current-user.ts";
import type { FailureId } from "../../../tasks/common/failures/catalogue.ts";
import { databricksTokens } from "../../../tasks/common/identity/databricks-token.ts";
import { requestAccessToken } from "../../../tasks/common/identity/entra.ts";
import { federatedTokens } from "../../../tasks/common/identity/federated-token.ts";
import { requestManagedIdentityToken } from "../../../tasks/common/identity/managed-identity.ts";
import type { Http, HttpResponse } from "../../../tasks/common/pipeline/http.ts";
import type { JobInfo } from "../../../tasks/common/pipeline/job.ts";
import { databricksHostRule, entraHostRule, refuseNoWorkspace } from "../../../tasks/common/sign-in/workspace-host.ts";
import { noBundle } from "../../../tasks/DatabricksBundleDeploy/bundle-folder.ts";
import { foreignHost, untrustedCertificate } from "../../../tasks/DatabricksBundleDeploy/commands/known-failures.ts";
import { otherProgram } from "../../../tasks/DatabricksBundleDeploy/commands/whose-cli.ts";
import { lockHeld } from "../../../tasks/DatabricksBundleDeploy/lock/held.ts";
import { findCli } from "../../../tasks/DatabricksBundleDeploy/session/cli.ts";
import { explanationOf, type FailedStep, step } from "../deploy/commands/explain.ts";
import { httpWith } from "../fake-services.ts";
import { connection, deploymentLock, jobInfo, lockNote } from "../sample-values.ts";
import { inFolder } from "./folder.ts";

/** Causes a known failure in the code that notices it, and returns or throws its error, or only its text. */
export type Sample = () => unknown;

type Answer = Partial<Omit<HttpResponse, "url">>;

const { clientId } = connection;
const host = "https://adb-1.7.azuredatabricks.net";

/** Answers requests for ID tokens with `idToken`, and all others with `other`. */
function answering(idToken: Answer, other: Answer = {}): Http {
  return httpWith(async ({ url }) => ({
    status: 200,
    headers: {},
    text: "",
    url,
    ...(url.includes("oidctoken") ? idToken : other),
  }));
}

const issued: Answer = { text: '{"oidcToken":"the ID token"}' };
const json = (status: number, body: object): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  text: JSON.stringify(body),
});

const idToken =
  (answer: Answer, changed: Partial<JobInfo> = {}): Sample =>
  () =>
    federatedTokens(answering(answer), { ...jobInfo, ...changed }, connection)();

const entra =
  (answer: Answer): Sample =>
  () =>
    federatedTokens(answering(issued, answer), jobInfo, connection)();

/** Entra's words are those of its error reference, as far as they count here. */
const refusedWith = (code: string, words = "No.", status = 401): Sample =>
  entra(
    json(status, {
      error: "invalid_client",
      error_description: `${code}: ${words} Trace ID: 7c1e Correlation ID: 5d21e94a-b607-4b9e-8c3f-0f8a3c527d16 Timestamp: 2026-11-26 10:00:00Z`,
    }),
  );

const workspace =
  (answer: Answer): Sample =>
  () =>
    readCurrentUser(
      { host, workspaceId: undefined, http: answering({}, answer), token: async () => ({ value: "the token" }) },
      clientId,
    );

/** With `isAccount`, the host is asked for its account first. */
const exchange =
  (answer: Answer, isAccount = false): Sample =>
  () =>
    databricksTokens(answering({}, answer), { host, isAccount, clientId }, async () => "the ID token")();

const denied = (message: string, status = 403): Sample =>
  workspace(json(status, { error_code: String(status), message }));

/** What the CLI printed, and the step in which it did. */
interface CliSample {
  readonly text: string;
  readonly changed: Partial<FailedStep>;
}

const asked = {
  withoutHost: { inputs: { ...step.inputs, host: undefined }, declared: { ...step.declared, host: undefined } },
  withForce: { inputs: { ...step.inputs, forceLock: true } },
  beforeItsVersion: { cliVersion: { ...step.cliVersion, seen: () => undefined } },
};
const lock = "deploy lock acquired by 1f2e at 2026-11-23 20:15:01.5 +0000 UTC.\nAnother deployment may be in progress.";
const build = (output: string) => `build failed wheel, error: exit status 127, output: ${output}`;

/** Errors of the CLI, without "Error: ". */
const cliErrors = {
  "version-constraint": ["Databricks CLI version constraint not satisfied. Required: >= 3, current: 1.13.0"],
  "cli-too-old": [
    ['unknown command "plan" for "databricks bundle"', asked.beforeItsVersion],
    ["unknown flag: --fail-on-active-runs", asked.beforeItsVersion],
  ],
  "host-mismatch": ["the host in the profile (https://a) doesn’t match the host configured in the bundle (https://b)"],
  "host-upper-case": [
    `the host in the profile (${host}) doesn't match the host configured in the bundle (${host.toUpperCase()})`,
  ],
  "no-host": [["failed during request visitor: metadata-service auth: not configured", asked.withoutHost]],
  "other-authentication": ["failed during request visitor: azure-cli auth: not configured"],
  "deploy-lock": [lock],
  "deploy-lock-taken": [[lock, asked.withForce]],
  "deploy-lock-unreadable": [
    "Failed to acquire deployment lock: unexpected end of JSON input",
    "Failed to acquire deployment lock: invalid character 'o' in literal null (expecting 'u')",
    "Failed to acquire deployment lock: json: cannot unmarshal array into Go value of type locker.LockState",
    "Failed to acquire deployment lock: deploy lock acquired by  at 0001-01-01 00:00:00 +0000 UTC.",
  ],
  "deploy-lock-gone": [
    "Failed to acquire deployment lock: no active lock on target dir: file does not exist: /Workspace/b/state/deploy.lock",
    "Failed to acquire deployment lock: Path (/Workspace/b/state/deploy.lock) doesn't exist.",
  ],
  "destructive-changes": ["the deployment requires destructive actions"],
  "stale-state": ["lineage mismatch in state files"],
  "stale-log": [
    "reading state from /b/.databricks/bundle/prod/resources.json: WAL recovery failed: WAL serial (3) is ahead of expected (2), state may be corrupted",
    'reading state from /b/resources.json: WAL recovery failed: WAL lineage ("a") does not match state lineage ("b")',
  ],
  "newer-state": ["state version 3 is newer than supported version 2; upgrade the CLI"],
  "already-exists": [
    "cannot create resources.schemas.orders: Schema 'main.orders' already exists (400 SCHEMA_ALREADY_EXISTS)",
  ],
  "missing-variable": [
    "no value assigned to required variable region. Variables are usually assigned in databricks.yml",
  ],
  "complex-variable": [
    "setting via environment variables (BUNDLE_VAR_tags) is not supported for complex variable tags",
  ],
  "no-target": ["nowhere: no such target. Available targets: prod, dev"],
  "no-default-target": ["please specify target"],
  "terraform-key": ["error downloading Terraform: unable to verify checksums signature: openpgp: key expired"],
  "terraform-download": ["error downloading Terraform: unexpected status 403"],
  "fips-handshake": [
    'Get "https://adb-1.7.azuredatabricks.net/api/2.0/x": remote error: tls: handshake failure',
    'Get "https://adb-1.7.azuredatabricks.net/api/2.0/x": tls: no supported versions satisfy MinVersion and MaxVersion',
  ],
  "untrusted-certificate": [
    'Get "https://h/api/2.0/x": tls: failed to verify certificate: x509: certificate signed by unknown authority',
  ],
  "no-connection": [
    'Get "https://adb-1.7.azuredatabricks.net/api": dial tcp: lookup adb-1.7.azuredatabricks.net: no such host',
  ],
  "interrupted-connection": [
    'cannot create resources.jobs.only: Post "https://adb-1.7.azuredatabricks.net/api/2.2/jobs/create": EOF',
    'Get "https://adb-1.7.azuredatabricks.net/api": read tcp 10.0.0.4:5000->10.0.0.5:443: read: connection reset by peer',
    'Get "https://adb-1.7.azuredatabricks.net/api": Bad Gateway',
    'Get "https://adb-1.7.azuredatabricks.net/api": Found',
    'Get "https://adb-1.7.azuredatabricks.net/api": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  ],
  "git-submodule": ['expected "commondir" file in worktree git folder at "/repo/.git/modules/x": no such file'],
  "build-tool-missing": [
    build("sh: 1: poetry: not found"),
    build("/bin/bash: line 1: uv: command not found"),
    build("./build.sh: 3: ./build.sh: poetry: not found"),
    build("'poetry' is not recognized as an internal or external command,\noperable program or batch file."),
  ],
  "build-module-missing": [
    build("/usr/bin/python3: No module named build"),
    build("Traceback (most recent call last):\nModuleNotFoundError: No module named 'setuptools'"),
  ],
  "denied-path": [
    "Failed to acquire deployment lock: access denied: /Workspace/Shared/b/state/deploy.lock",
    "unable to deploy to /Workspace/DAB/.bundle/b/uat/files as 1f2e.\nPlease make sure the current user or one of their groups is listed under the permissions of this bundle.",
    "reading resources.json: opening: 1f2e does not have Manage permissions on /Workspace/Shared/b/state/resources.json. Please contact the owner or an administrator for access. (403 PERMISSION_DENIED)",
  ],
  "denied-entitlement": [
    "cannot create resources.sql_warehouses.w: This API is disabled for users without the databricks-sql-access entitlement. (403 PERMISSION_DENIED)",
  ],
  "denied-cluster": [
    "1f2e does not have Owner permissions on Shared Dev Compute. Please contact the owner or an administrator for access.",
  ],
  "denied-cluster-creation": [
    "cannot create resources.clusters.c: You are not authorized to create clusters. Please contact your administrator. (403 PERMISSION_DENIED)",
  ],
  "denied-catalog": [
    "cannot create resources.schemas.orders: User does not have USE CATALOG on Catalog 'main'. (403 PERMISSION_DENIED)",
    "cannot create resources.schemas.orders: User does not have CREATE SCHEMA on Catalog 'main'. (403 PERMISSION_DENIED)",
  ],
  "denied-schema": [
    "cannot create resources.volumes.v: User does not have CREATE VOLUME on Schema 'main.orders'. (403 PERMISSION_DENIED)",
  ],
  "denied-policy": [
    "cannot create resources.jobs.a: User 1f2e is not authorized to use policy 0001B5C3. (403 PERMISSION_DENIED)",
  ],
  "denied-secret-scope": [
    "cannot update resources.secret_scopes.keys: User 1f2e does not have MANAGE permission on scope keys (403 PERMISSION_DENIED)",
  ],
  "denied-run-as": [
    "cannot create resources.jobs.a: Non-admins can set run_as to themselves only (403 PERMISSION_DENIED)",
    "cannot update resources.jobs.a: User 1f2e must have servicePrincipal.user role on the service principal (403 PERMISSION_DENIED)",
  ],
  "denied-request": ["cannot create resources.jobs.a: User does not have permission (403 PERMISSION_DENIED)"],
} as const satisfies { readonly [id in FailureId]?: readonly (string | readonly [string, object])[] };

/** The blocks that the CLI prints for a known failure. */
export function cliSamples(id: FailureId): CliSample[] {
  const errors: { readonly [other in FailureId]?: readonly (string | readonly [string, object])[] } = cliErrors;
  return (errors[id] ?? []).map((sample) => {
    const [text, changed] = typeof sample === "string" ? [sample, {}] : sample;
    return { text: `Error: ${text}`, changed: changed as Partial<FailedStep> };
  });
}

function cli(id: FailureId): Sample[] {
  return cliSamples(id).map(
    ({ text, changed }) =>
      () =>
        explanationOf(text, false, changed).error,
  );
}

const program =
  (script: string): Sample =>
  () =>
    inFolder({ databricks: `#!/bin/sh\n${script}\n` }, (folder) =>
      otherProgram({
        cli: { executable: `${folder}/databricks`, folder, target: undefined, environment: { PATH: "/usr/bin:/bin" } },
        cancel: new AbortController().signal,
      }),
    );

/** Without any program on PATH. */
function withoutPath<T>(work: () => T): T {
  const { PATH } = process.env;
  process.env["PATH"] = "/nowhere";
  try {
    return work();
  } finally {
    process.env["PATH"] = PATH;
  }
}

const noInstanceMetadata = httpWith(() => Promise.reject(new Error("The connection was refused.")));

const severalIdentities = httpWith(async ({ url }) => ({
  status: 400,
  headers: { "content-type": "application/json" },
  text: '{"error":"invalid_request","error_description":"Multiple user assigned identities exist, please specify the clientId"}',
  url,
}));

const issuers = "Expected iss claim to be: https://sts.windows.net/a/, but was: https://sts.windows.net/b/";

/** At least one for each known failure. */
export const samples: Readonly<Record<FailureId, readonly Sample[]>> = {
  "connection-not-authorized": [
    idToken(json(404, { value: "There is no explicit reference." })),
    idToken({ status: 403 }),
  ],
  "job-token-refused": [idToken({ status: 401 })],
  "job-not-ready": [
    idToken(json(403, { typeKey: "TaskOrchestrationPlanSecurityException", message: "Access denied." })),
  ],
  "id-token-empty": [idToken({ text: '{"oidcToken":null}' }), idToken({})],
  "id-token-page": [
    idToken({ status: 302, headers: { location: "https://spsprodeus21.vssps.visualstudio.com/_signin" } }),
    idToken({ status: 203, headers: { "content-type": "text/html" }, text: "<html>Sign in</html>" }),
    idToken({ text: "<!DOCTYPE html><html></html>" }),
  ],
  "id-token-status": [idToken(json(500, { message: "Try later." })), idToken({ status: 400 })],
  "id-token-no-address": [idToken(issued, { jobToken: undefined }), idToken(issued, { planId: undefined })],
  "not-azure-devops-services": [idToken(issued, { collectionUrl: "https://tfs.contoso.example/tfs/" })],

  AADSTS70021: [refusedWith("AADSTS70021")],
  AADSTS70025: [refusedWith("AADSTS70025")],
  AADSTS700211: [refusedWith("AADSTS700211")],
  AADSTS700212: [refusedWith("AADSTS700212")],
  AADSTS700213: [refusedWith("AADSTS700213")],
  AADSTS7002138: [refusedWith("AADSTS7002138")],
  AADSTS70052: [refusedWith("AADSTS70052", "No.", 400)],
  AADSTS700223: [refusedWith("AADSTS700223")],
  AADSTS700238: [refusedWith("AADSTS700238")],
  AADSTS700016: [refusedWith("AADSTS700016", "No.", 400)],
  AADSTS7000112: [refusedWith("AADSTS7000112")],
  AADSTS7000229: [refusedWith("AADSTS7000229")],
  AADSTS90002: [refusedWith("AADSTS90002", "No.", 400)],
  AADSTS900382: [refusedWith("AADSTS900382", "No.", 400)],
  AADSTS700024: [refusedWith("AADSTS700024")],
  AADSTS7000215: [refusedWith("AADSTS7000215")],
  AADSTS7000222: [refusedWith("AADSTS7000222")],
  AADSTS700027: [refusedWith("AADSTS700027")],
  AADSTS500011: [refusedWith("AADSTS500011", "No.", 400)],
  AADSTS500014: [refusedWith("AADSTS500014", "No.", 400)],
  AADSTS501051: [refusedWith("AADSTS501051", "No.", 400)],
  AADSTS53003: [refusedWith("AADSTS53003", "No.", 400)],
  AADSTS530004: [refusedWith("AADSTS530004", "No.", 400)],
  "entra-temporary": [
    ...["AADSTS50033", "AADSTS90006", "AADSTS90012", "AADSTS90024", "AADSTS90033", "AADSTS90090"].map((code) =>
      refusedWith(code, "Try again.", 400),
    ),
    entra(json(503, { error: "temporarily_unavailable" })),
  ],
  "entra-issuer": ["AADSTS50166", "AADSTS501661", "AADSTS90061"].map((code) => refusedWith(code, "No.", 400)),
  "entra-unknown-code": [refusedWith("AADSTS90036")],
  "entra-status": [entra({ status: 502, text: "<html></html>" }), entra({ text: "{}" })],
  "certificate-unusable": [
    () => requestAccessToken(answering({}), connection, { kind: "certificate", certificate: "not PEM" }),
  ],
  "managed-identity": [() => requestManagedIdentityToken(noInstanceMetadata, clientId)],
  "several-identities": [() => requestManagedIdentityToken(severalIdentities, undefined)],

  "other-tenant": [denied(issuers, 400), workspace({ status: 400, text: `<html><pre>${issuers}</pre></html>` })],
  "private-link": [
    exchange({ status: 303, headers: { location: "/login.html?error=private-link-validation-error:1" } }),
    workspace({ status: 303, headers: { location: "/login.html?error=private-link-validation-error:1" } }),
  ],
  "ip-access-list": [
    exchange(json(403, { message: "Source IP address: 20.1.2.3 is blocked by Databricks IP ACL for workspace: 1" })),
    denied("Source IP address: 20.1.2.3 is blocked by Databricks IP ACL for workspace: 1"),
    denied("Unauthorized network access to workspace: 1"),
  ],
  "sign-in-page": [workspace({ status: 303, headers: { location: "https://h/login.html" } })],
  "web-page": [
    workspace({ status: 403, headers: { "content-type": "text/html" }, text: "<title>Blocked by Contoso</title>" }),
  ],
  "not-entitled": [denied("This API is disabled for users without the workspace-access entitlement.")],
  "inactive-principal": [
    workspace(json(200, { userName: clientId, active: false })),
    denied("The service principal 5555 is inactive."),
  ],
  "not-a-member": [
    denied("Unauthorized access to Org: 1"),
    denied("Credential was not sent.", 401),
    denied("Invalid access token. [ReqId: 1]", 400),
  ],
  "workspace-unavailable": [
    denied("The service is down.", 503),
    denied("Too many requests", 429),
    denied("The request took too long.", 408),
  ],
  "workspace-status": [denied("No such API.", 404), denied("Malformed request", 400)],
  "no-federation-policy": [
    exchange(json(400, { error: "invalid_request", error_description: "No federation policy matches." })),
    exchange(json(401, { error: "invalid_client" })),
    exchange(json(403, { error_code: "PERMISSION_DENIED", message: "Denied." })),
  ],
  "exchange-unavailable": [
    exchange(json(503, { message: "The service is down." })),
    exchange({ status: 502, headers: { "content-type": "text/html" }, text: "<html>Bad gateway</html>" }),
    exchange(json(429, {})),
    exchange({ status: 503 }, true),
  ],
  "exchange-page": [
    exchange({ text: "<!doctype html><title>Sign in</title>" }),
    exchange({ status: 302, headers: { location: "https://login.contoso.example/" } }),
    exchange({ status: 403, headers: { "content-type": "text/html" }, text: "<title>Blocked</title>" }),
  ],
  "exchange-status": [
    exchange({ status: 404, text: "Not found" }),
    exchange({ status: 403, text: "Access denied by policy" }),
    exchange({ text: "{}" }),
    exchange({ text: "?" }),
  ],

  "account-console": [
    () => refuseNoWorkspace("workspaceUrl", { host: "https://accounts.azuredatabricks.net", workspaceId: undefined }),
  ],
  "azure-region": [
    () => refuseNoWorkspace("workspaceUrl", { host: "https://westeurope.azuredatabricks.net", workspaceId: undefined }),
  ],
  "custom-url-without-workspace": [
    () => refuseNoWorkspace("workspaceUrl", { host: "https://acme.databricks.com", workspaceId: undefined }),
  ],
  "wrong-cloud": [() => entraHostRule({ host, workspaceId: undefined }, "AzureChinaCloud")],
  "not-on-azure": [
    () => entraHostRule({ host: "https://dbc-1.cloud.databricks.com", workspaceId: undefined }, "AzureCloud"),
  ],
  "not-databricks": [() => databricksHostRule({ host: "https://workspace.example.com", workspaceId: undefined })],

  ...(Object.fromEntries((Object.keys(cliErrors) as FailureId[]).map((id) => [id, cli(id)])) as Record<
    keyof typeof cliErrors,
    Sample[]
  >),
  "host-not-allowed": [() => foreignHost("https://workspace.example.com", undefined)],
  "deploy-lock-running": [
    () => lockHeld({ lock: deploymentLock, holder: { note: lockNote, end: { state: "active" } } }, false),
  ],
  "deploy-lock-unknown": [
    () =>
      lockHeld(
        { lock: deploymentLock, holder: { note: lockNote, end: { state: "unknown", reason: "It is gone." } } },
        false,
      ),
  ],
  "untrusted-certificate-windows": [() => untrustedCertificate("h", "win32")],
  "untrusted-certificate-macos": [() => untrustedCertificate("h", "darwin")],
  "cli-crash": [
    () =>
      explanationOf("The Databricks CLI unexpectedly had a fatal error.\n\nPanic Payload: index out of range\n").error,
  ],
  "no-cli": [() => withoutPath(() => findCli([]))],
  "no-cli-path-replaced": [() => withoutPath(() => findCli([{ name: "Path", value: "/nowhere", secret: false }]))],
  "other-program": [program("exit 0")],
  "legacy-cli": [program("echo 'Version 0.18.0'")],
  "no-bundle": [
    () => inFolder({ "services/etl/databricks.yml": "" }, (folder) => noBundle(folder, folder)),
    () => inFolder({ "README.md": "" }, (folder) => noBundle(folder, folder)),
  ],
  "bundle-file-name": [() => inFolder({ "Databricks.yml": "" }, (folder) => noBundle(folder, folder))],
};
