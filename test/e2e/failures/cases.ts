import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
import type { FailureId } from "../../../tasks/common/failures/catalogue.ts";
import { planSecurityError } from "../../lab/azure-devops/errors.ts";
import { tenantId } from "../../lab/deployers.ts";
import { refusals } from "../../lab/entra/errors.ts";
import type { Fault, PlacedFault } from "../../lab/faults.ts";
import { customHosts, type Deployer, otherWorkspaceHosts } from "../../lab/lab.ts";
import { signInPerson } from "../../lab/person.ts";
import { bundleOf, job, schemaAndPipeline, withoutSchema } from "../bundles/bundles.ts";
import type { DeploySettings } from "../steps/deploy.ts";
import { writeScriptedCli } from "../steps/scripted-cli.ts";
import type { Step } from "../steps/step.ts";
import type { LabFixture } from "../use-lab.ts";

/** Causes a known failure in the lab. The step's last error is the failure's. */
export type LabCase = (fixture: LabFixture) => Promise<Step>;

/** Another test that causes it: its file and its title. */
export interface OtherTest {
  readonly file: string;
  readonly title: string;
}

/** Why only a sample causes it (test/unit/failures/samples.ts). */
export interface OnlySample {
  readonly because: string;
}

const elsewhere = (file: string, title: string): OtherTest => ({ file: `test/e2e/${file}.test.ts`, title });
const onlySample = (because: string): OnlySample => ({ because });

/** The task takes the code from Entra's answer, whatever the code is. */
const otherCode = onlySample("the cases of other codes show that the code of Entra's answer arrives");

/** A federated connection whose parameters differ. */
function withParameters(deployer: Deployer, parameters: Record<string, string>): Deployer {
  const { connection } = deployer;
  return { ...deployer, connection: { ...connection, parameters: { ...connection.parameters, ...parameters } } };
}

const deployment =
  (settings: DeploySettings): LabCase =>
  ({ deploy }) =>
    deploy(settings);

const inputs = (given: Record<string, string>) => deployment({ inputs: given });

/** A service answers with a fault until the step is over. */
const during =
  (place: (lab: LabFixture["lab"]) => PlacedFault): LabCase =>
  async ({ lab, deploy }) => {
    const placed = place(lab);
    try {
      return await deploy();
    } finally {
      placed.release();
    }
  };

const azureDevOps = (fault: Parameters<LabFixture["lab"]["azureDevOps"]["fault"]>[0]) =>
  during((lab) => lab.azureDevOps.fault(fault, 99));

const entra = (fault: Fault) => during((lab) => lab.entra.fault(fault, 99));

/** The workspace answers the check of the identity with a fault. */
const workspace = (fault: Fault) => during((lab) => lab.workspace.fault({ path: /scim\/v2\/Me/ }, fault, 99));

/** The workspace answers the exchange of the ID token with a fault. */
const exchange =
  (fault: Fault): LabCase =>
  async ({ lab, deploy }) => {
    const placed = lab.workspace.fault({ path: /oidc\/v1\/token/ }, fault, 99);
    try {
      return await deploy({ inputs: { authentication: "databricks" } });
    } finally {
      placed.release();
    }
  };

/** The connection's application trusts an ID token that differs in one thing. */
const trusting =
  (
    changed: (federation: Deployer["federation"]) => Partial<{ issuer: string; subject: string; audience: string }>,
  ): LabCase =>
  ({ lab, deploy }) => {
    const deployer = lab.addDeployer(["federated-credential"]);
    const { clientId, federation } = deployer;
    const right = { ...federation, audience: "api://AzureADTokenExchange" };
    lab.entra.addFederatedCredential(clientId, { ...right, ...changed(federation) });
    return deploy({ deployer });
  };

/** A policy of the tenant refuses the application. */
const blocked =
  (refusal: ReturnType<typeof refusals.blockedByPolicy>): LabCase =>
  ({ lab, deploy }) => {
    const deployer = lab.addDeployer();
    lab.entra.block(deployer.clientId, refusal);
    return deploy({ deployer });
  };

const denied = (message: string, status = 403): Fault => ({
  status,
  body: { error_code: status === 403 ? "PERMISSION_DENIED" : String(status), message },
});

const bundle = (name: string, more = "") => bundleOf(name, job("a", "A"), more);

/** The workspace refuses to create the bundle's job. */
const refusedJob =
  (message: string): LabCase =>
  ({ lab, deploy }) => {
    lab.workspace.fault({ method: "POST", path: /jobs\/create/ }, denied(message));
    return deploy({ files: bundle(`refused-${randomUUID()}`) });
  };

/** A program in place of the CLI, which prints this and fails. */
const printing =
  (text: string): LabCase =>
  async ({ lab, deploy }) => {
    const script = `[ "$2" = deploy ] || exec '${await lab.programs.cli()}' "$@"\n[ "$3" = --help ] && exit\ncat >&2 <<'END'\n${text}\nEND\nexit 1\n`;
    return deploy({ files: bundle("printed"), agent: { cli: writeScriptedCli(script) } });
  };

/** Another program of this name is on PATH. */
const program =
  (script: string): LabCase =>
  ({ deploy }) =>
    deploy({ agent: { cli: writeScriptedCli(`${script}\n`) } });

const built = (build: string) =>
  deployment({ files: bundle("built", `artifacts:\n  wheel:\n    type: whl\n    build: ${build}\n`) });

const issuers =
  "io.jsonwebtoken.IncorrectClaimException: Expected iss claim to be: https://sts.windows.net/00000000-0000-0000-0000-00000000000a/, " +
  "but was: https://sts.windows.net/00000000-0000-0000-0000-00000000000b/";

/** For each known failure, what causes it with the packaged task. */
export const labCases: Readonly<Record<FailureId, LabCase | OtherTest | OnlySample>> = {
  "connection-not-authorized": ({ lab, deploy }) => deploy({ deployer: lab.addDeployer(["connection-authorized"]) }),
  "job-token-refused": ({ lab, deploy }) =>
    deploy({ job: { jobToken: lab.azureDevOps.issueJobToken({ expiresInSeconds: -1 }) } }),
  "job-not-ready": azureDevOps({ status: 403, body: planSecurityError(randomUUID()) }),
  "id-token-empty": azureDevOps({ nullToken: true }),
  "id-token-page": azureDevOps({ status: 302, headers: { Location: "https://dev.azure.com/_signin" }, html: "" }),
  "id-token-status": azureDevOps({ status: 400, body: { message: "No." } }),
  "id-token-no-address": onlySample("an agent always gives a job its IDs"),
  "not-azure-devops-services": elsewhere(
    "identity/job-token",
    "does not send it to another collection either, when a variable takes the place of the agent's own setting",
  ),

  AADSTS70021: blocked(refusals.noMatchingCredential()),
  AADSTS70025: ({ lab, deploy }) => deploy({ deployer: lab.addDeployer(["federated-credential"]) }),
  AADSTS700211: trusting(() => ({ issuer: "https://vstoken.dev.azure.com/another" })),
  AADSTS700212: trusting(() => ({ audience: "api://another" })),
  AADSTS700213: trusting(() => ({ subject: "sc://contoso/another/connection" })),
  AADSTS7002138: trusting(({ subject }) => ({ subject: subject.toUpperCase() })),
  AADSTS70052: otherCode,
  AADSTS700223: blocked(refusals.federationDisabled(700223)),
  AADSTS700238: blocked(refusals.federationDisabled(700238)),
  AADSTS700016: ({ lab, deploy }) =>
    deploy({ deployer: withParameters(lab.addDeployer(), { serviceprincipalid: randomUUID() }) }),
  AADSTS7000112: blocked(refusals.disabledApplication(randomUUID(), "deployer")),
  AADSTS7000229: otherCode,
  AADSTS90002: ({ lab, deploy }) => deploy({ deployer: withParameters(lab.addDeployer(), { tenantid: randomUUID() }) }),
  AADSTS900382: otherCode,
  AADSTS700024: async ({ lab, deploy }) => {
    const usual = lab.azureDevOps.idTokenLifetimeSeconds;
    lab.azureDevOps.idTokenLifetimeSeconds = -10;
    try {
      return await deploy();
    } finally {
      lab.azureDevOps.idTokenLifetimeSeconds = usual;
    }
  },
  AADSTS7000215: ({ lab, deploy }) => {
    const deployer = lab.addDeployer([], undefined, { secret: "right" });
    return deploy({ deployer: withParameters(deployer, { serviceprincipalkey: "wr0ng" }) });
  },
  AADSTS7000222: ({ lab, deploy }) => {
    const deployer = lab.addDeployer([], undefined, { secret: "0ld secret" });
    lab.entra.block(deployer.clientId, refusals.expiredSecret(deployer.clientId));
    return deploy({ deployer });
  },
  AADSTS700027: elsewhere("identity/connections", "explains a certificate that Entra does not recognize"),
  AADSTS500011: ({ lab, deploy }) => {
    const deployer = lab.addDeployer();
    const clientId = randomUUID();
    const federatedCredentials = [{ ...deployer.federation, audience: "api://AzureADTokenExchange" }];
    lab.entra.addApplication({ tenantId, clientId, federatedCredentials, resources: [] });
    return deploy({ deployer: withParameters(deployer, { serviceprincipalid: clientId }) });
  },
  AADSTS500014: otherCode,
  AADSTS501051: otherCode,
  AADSTS53003: blocked(refusals.blockedByPolicy()),
  AADSTS530004: blocked(refusals.deviceRequired()),
  "entra-temporary": entra({ status: 400, body: { error: "temporarily_unavailable" } }),
  "entra-issuer": otherCode,
  "entra-unknown-code": blocked(refusals.malformedAssertion()),
  "entra-status": entra({ status: 400, html: "<title>Blocked</title>" }),
  "certificate-unusable": elsewhere("identity/connections", "explains a certificate %s"),
  "managed-identity": elsewhere("identity/connections", "says what a managed identity needs when the machine has none"),
  "several-identities": elsewhere("identity/connections", "says that a machine has several managed identities"),

  "other-tenant": workspace(denied(issuers, 400)),
  "private-link": workspace({
    status: 303,
    headers: { Location: "/login.html?error=private-link-validation-error:1234567890123456" },
    html: "",
  }),
  "ip-access-list": workspace(
    denied("Source IP address: 20.1.2.3 is blocked by Databricks IP ACL for workspace: 1234567890123456"),
  ),
  "sign-in-page": workspace({ status: 303, headers: { Location: "/login.html" }, html: "" }),
  "web-page": workspace({ status: 403, html: "<title>Blocked by Contoso</title>" }),
  "not-entitled": ({ lab, deploy }) => {
    const deployer = lab.addDeployer();
    lab.workspace.entitle(deployer.clientId, false);
    return deploy({ deployer });
  },
  "inactive-principal": workspace({ status: 200, body: { userName: randomUUID(), active: false } }),
  "not-a-member": ({ lab, deploy }) => deploy({ deployer: lab.addDeployer(["workspace-member"]) }),
  "workspace-unavailable": workspace({ status: 503 }),
  "workspace-status": workspace({ status: 404 }),
  "no-federation-policy": elsewhere("identity/federation", "says which policy is missing"),
  "exchange-unavailable": exchange({ status: 503 }),
  "exchange-page": exchange({ status: 403, html: "<title>Blocked by Contoso</title>" }),
  "exchange-status": exchange({ status: 404 }),

  "account-console": inputs({ workspaceUrl: "https://accounts.azuredatabricks.net" }),
  "azure-region": inputs({ workspaceUrl: "https://westeurope.azuredatabricks.net" }),
  "custom-url-without-workspace": inputs({ workspaceUrl: `https://${customHosts.anyCloud}` }),
  "wrong-cloud": inputs({ workspaceUrl: `https://${otherWorkspaceHosts.AzureUSGovernment}` }),
  "not-on-azure": inputs({ workspaceUrl: `https://${otherWorkspaceHosts.AWS}` }),
  "not-databricks": inputs({ workspaceUrl: "https://workspace.example.com", authentication: "databricks" }),

  "version-constraint": elsewhere("deploy/interrupted", "says which version the bundle asks for"),
  "cli-too-old": elsewhere(
    "deploy/interrupted",
    "refuses a CLI that is too old before it changes anything, with the step to add",
  ),
  "host-mismatch": deployment({
    files: bundle("hosted", "workspace:\n  host: https://adb-9999999999999999.9.azuredatabricks.net\n"),
  }),
  "host-upper-case": onlySample("the CLI of the lab accepts a host in upper case"),
  "host-not-allowed": elsewhere(
    "identity/hosts",
    "does not give a token to a host outside the connection's cloud that the bundle names",
  ),
  "no-host": inputs({ workspaceUrl: "" }),
  "other-authentication": deployment({ files: bundle("pinned", "workspace:\n  auth_type: azure-cli\n") }),
  "deploy-lock": elsewhere(
    "deploy/interrupted",
    "names the holder of a lock, its age and the way out, and leaves it alone",
  ),
  "deploy-lock-running": elsewhere(
    "deploy/locks",
    "names the run that holds the lock and what to do, as long as that run is not over",
  ),
  "deploy-lock-unknown": elsewhere(
    "deploy/locks",
    "leaves the lock alone, and says why, if Azure DevOps does not show the run",
  ),
  "deploy-lock-gone": elsewhere("deploy/locks", "deploys if the lock of another job goes away while the CLI reads %s"),
  "deploy-lock-taken": onlySample("two jobs would have to take the lock with force at the same moment"),
  "deploy-lock-unreadable": async ({ lab, checkout }) => {
    const { run } = await checkout(bundle("torn-lock"));
    await run({ target: "prod" });
    const person = await signInPerson(lab);
    const state = `/Workspace/Users/${lab.deployer.clientId}/.bundle/torn-lock/prod/state`;
    await person.writeFile(`${state}/deploy.lock`, "");
    return run({ target: "prod" });
  },
  "destructive-changes": async ({ checkout }) => {
    const { run, change } = await checkout(schemaAndPipeline);
    await run({ target: "prod" });
    change(withoutSchema);
    return run({ target: "prod" });
  },
  "stale-state": elsewhere("deploy/causes", "is a local state of another deployment than the one in the workspace"),
  "stale-log": elsewhere(
    "deploy/local-state",
    "names a log that does not belong to the state, until a deploy removes it",
  ),
  "newer-state": elsewhere("deploy/causes", "is a state that only a newer CLI reads, with the task that installs one"),
  "already-exists": ({ lab, deploy }) => {
    lab.workspace.fault({ method: "POST", path: /jobs\/create/ }, denied("Job A already exists.", 400));
    return deploy({ files: bundle("existing") });
  },
  "missing-variable": deployment({
    files: bundleOf("missing", job("a", `\${var.region}`), "variables:\n  region:\n    description: Where\n"),
  }),
  "complex-variable": deployment({
    files: bundle("complex", "variables:\n  sizes:\n    type: complex\n    default: {}\n"),
    inputs: { variables: 'sizes={"small": 1}' },
  }),
  "no-target": inputs({ target: "nowhere" }),
  "no-default-target": deployment({
    files: { "databricks.yml": "bundle:\n  name: several\ntargets:\n  a: {}\n  b: {}\n" },
    inputs: { target: "" },
  }),
  "terraform-key": printing(
    "Error: error downloading Terraform: unable to verify checksums signature: openpgp: key expired",
  ),
  "terraform-download": elsewhere("deploy/causes", "is Terraform, which the agent cannot download"),
  "fips-handshake": printing(
    'Error: Get "https://adb-1234567890123456.7.azuredatabricks.net/api/2.0/preview/scim/v2/Me": remote error: tls: handshake failure',
  ),
  "untrusted-certificate": printing(
    'Error: Get "https://adb-1234567890123456.7.azuredatabricks.net/api/2.0/preview/scim/v2/Me": tls: failed to verify certificate: x509: certificate signed by unknown authority',
  ),
  "untrusted-certificate-windows": onlySample("Wine has no trust store of its own"),
  "untrusted-certificate-macos": onlySample("the lab has no macOS"),
  "no-connection": printing(
    'Error: Get "https://adb-1234567890123456.7.azuredatabricks.net/api/2.0/preview/scim/v2/Me": dial tcp: lookup adb-1234567890123456.7.azuredatabricks.net: no such host',
  ),
  "interrupted-connection": printing(
    'Error: Get "https://adb-1234567890123456.7.azuredatabricks.net/api/2.0/preview/scim/v2/Me": EOF',
  ),
  "git-submodule": async ({ checkout }) => {
    const { run, folder } = await checkout(bundle("inner"));
    execFileSync("git", ["init", "--quiet", "--separate-git-dir", `${path.dirname(folder)}/modules`, folder]);
    return run();
  },
  "build-tool-missing": built("poetry-that-is-missing build"),
  "build-module-missing": built("python3 -m module_that_is_missing"),
  "denied-path": async ({ lab, deploy }) => {
    const root = `/Workspace/Shared/${randomUUID()}`;
    lab.workspace.restrictFolder(root, []);
    return deploy({ files: bundle("denied", `workspace:\n  root_path: ${root}\n`), inputs: { target: "prod" } });
  },
  "denied-entitlement": refusedJob("This API is disabled for users without the databricks-sql-access entitlement."),
  "denied-cluster": refusedJob(
    "1f2e does not have Attach permissions on Shared Dev Compute. Please contact the owner or an administrator for access.",
  ),
  "denied-cluster-creation": refusedJob(
    "You are not authorized to create clusters. Please contact your administrator.",
  ),
  "denied-catalog": refusedJob("User does not have USE CATALOG on Catalog 'main'."),
  "denied-schema": refusedJob("User does not have CREATE VOLUME on Schema 'main.orders'."),
  "denied-policy": refusedJob("User 1f2e is not authorized to use policy 0001B5C3."),
  "denied-secret-scope": refusedJob("User 1f2e does not have MANAGE permission on scope keys"),
  "denied-run-as": refusedJob("Non-admins can set run_as to themselves only"),
  "denied-request": refusedJob("No."),
  "cli-crash": printing(
    "The Databricks CLI unexpectedly had a fatal error.\n\nCLI Version: 1.11.0\n\nPanic Payload: index out of range\n\nStack Trace:\ngoroutine 1 [running]:",
  ),
  "no-cli": ({ deploy }) => deploy({ agent: { environment: { PATH: "/nowhere" } } }),
  "no-cli-path-replaced": deployment({ job: { variables: { PATH: "/nowhere" } } }),
  "other-program": program("exit 0"),
  "legacy-cli": program(`echo "Error: No such command '$1'." >&2; exit 2`),
  "no-bundle": async ({ checkout }) => (await checkout()).run({ workingDirectory: "." }),
  "bundle-file-name": deployment({ files: { "Databricks.yml": "" } }),
};
