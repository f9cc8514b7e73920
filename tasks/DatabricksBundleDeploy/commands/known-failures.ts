import { knownErrors, lockTime } from "../../common/databricks/cli/known-errors.ts";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import { listUploads } from "../../common/databricks/cli/upload-progress.ts";
import { oldestCliVersion } from "../../common/databricks/cli/version.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { withoutEnd } from "../../common/pipeline/secrets.ts";
import { listSome } from "../listing.ts";
import { lockHeld } from "../lock/held.ts";
import { otherAuthentication } from "../session/bundle-authentication.ts";
import type { Step } from "../session/step.ts";
import { complexVariable, missingVariables, noDefaultTarget, noSuchTarget } from "./configuration-failures.ts";

/** How a command of the CLI ended. */
export interface CommandEnd {
  /** null if a signal ended the CLI. */
  readonly exitCode: number | null;
  readonly facts: CliFacts;
  /** Whether the task stopped the CLI because it never asked for a token. */
  readonly silent: boolean;
}

/** What an explanation can use in addition to the CLI's error. */
export type FailedStep = Pick<Step, "inputs" | "metadataService" | "cliVersion" | "declared">;

type Matches = readonly [RegExpExecArray, ...RegExpExecArray[]];

/** An error of the CLI that the task explains. It covers only the errors of the run that match the pattern. */
export interface KnownFailure {
  readonly pattern: RegExp;
  /** Gets one match for each error that it covers. undefined if the errors match, but have another cause. */
  readonly explain: (matches: Matches, step: FailedStep, failed: CommandEnd) => UserError | undefined;
}

/** The first that applies explains the failure. */
export const knownFailures: readonly KnownFailure[] = [
  {
    pattern: knownErrors.unmetVersionConstraint,
    explain: ([[, required, current]]) => unmetConstraint(required, current),
  },
  {
    pattern: knownErrors.unknownCommandOrFlag,
    explain: ([[, command, flag]], step) => unknownWord(command, flag, step),
  },
  {
    pattern: knownErrors.hostMismatch,
    explain: ([[, profile, bundle = ""]], { inputs }) => foreignHost(bundle, inputs.host ?? profile),
  },
  { pattern: knownErrors.noHost, explain: (_, step) => noHost(step) },
  { pattern: knownErrors.signIn, explain: ([[, authType = ""]]) => foreignAuthentication(authType) },
  {
    pattern: knownErrors.deployLock,
    explain: ([[, user = "", ...time]], { inputs }) => deployLock(user, lockTime(time), inputs.forceLock),
  },
  { pattern: knownErrors.destructiveChanges, explain: (_matches, _step, failed) => destructiveChanges(failed) },
  { pattern: knownErrors.lineageMismatch, explain: staleState },
  { pattern: knownErrors.newerState, explain: ([[, state = ""]]) => newerState(state) },
  { pattern: knownErrors.alreadyExists, explain: (matches) => alreadyExists(matches) },
  { pattern: knownErrors.missingVariable, explain: (matches) => missingVariables(factsOf(matches)) },
  { pattern: knownErrors.complexVariable, explain: ([[, name = ""]]) => complexVariable(name) },
  { pattern: knownErrors.deniedPath, explain: ([[, path = ""]]) => deniedPath(path) },
  { pattern: knownErrors.noSuchTarget, explain: ([[, target = "", targets = ""]]) => noSuchTarget(target, targets) },
  { pattern: knownErrors.noDefaultTarget, explain: noDefaultTarget },
  { pattern: knownErrors.terraformDownload, explain: terraformDownload },
  { pattern: knownErrors.untrustedCertificate, explain: ([[, host = ""]]) => untrustedCertificate(host) },
  {
    pattern: knownErrors.noConnection,
    explain: ([[, host = "", cause = ""]], step) => noConnection(host, cause, step),
  },
  { pattern: knownErrors.gitFolder, explain: ([[, folder = ""]]) => unreadableGitFolder(folder) },
];

/** The first group of each match, each value once. */
function factsOf(matches: Matches): string[] {
  return [...new Set(matches.map(([, fact = ""]) => fact))];
}

function unmetConstraint(required = "", current = ""): UserError {
  return new UserError(`The bundle requires Databricks CLI ${required}, but this agent has ${current}.`, {
    hint: "Before this step, add DatabricksCliInstaller@1 with version: bundle and the workingDirectory of this step.",
    section: "cli-version",
  });
}

/**
 * An older CLI does not have a command or flag that the task uses. A flag from the input `arguments` is not explained here, nor
 * one that the task can do without.
 */
function unknownWord(
  command: string | undefined,
  flag: string | undefined,
  { cliVersion, inputs }: FailedStep,
): UserError | undefined {
  const isGiven = inputs.arguments.some((argument) => argument === flag || argument.startsWith(`${flag}=`));
  if (command === undefined && (isGiven || flag === listUploads)) return undefined;
  const version = cliVersion.seen();
  return oldCli(version === undefined ? `does not support ${command ?? flag}` : `is version ${version}`);
}

export function oldCli(which: string): UserError {
  return new UserError(
    `The Databricks CLI on this agent ${which}, but this task needs version ${oldestCliVersion} or later.`,
    {
      hint: 'Add the step "- task: DatabricksCliInstaller@1" before this one.',
      section: "cli-version",
    },
  );
}

/** The bundle target names another workspace than the step, or one to which no token may be sent. */
export function foreignHost(asked: string, expected: string | undefined): UserError {
  const against = expected
    ? `the step's workspaceUrl is ${expected}`
    : "that is not a workspace in the cloud of the service connection";
  return new UserError(`The bundle target points to ${asked || "no host"}, but ${against}. No token was sent.`, {
    hint: hostAdvice(asked, expected),
    section: "wrong-host",
  });
}

function hostAdvice(asked: string, expected: string | undefined): string {
  if (expected === undefined) {
    return "Set workspace.host in the bundle to the address of the workspace as a browser shows it, or remove it and set workspaceUrl.";
  }
  if (asked.toLowerCase() === expected.toLowerCase()) {
    return "They differ only in upper and lower case, but the CLI treats them as different hosts. Write workspace.host in lowercase.";
  }
  return "Set workspaceUrl and the bundle's workspace.host to the same address, or remove workspace.host from the bundle.";
}

function noHost({ inputs, declared }: FailedStep): UserError | undefined {
  if (inputs.host || declared.host) return undefined;
  const target = inputs.target ? `its target ${inputs.target}` : "its target";
  return new UserError(
    `No workspace is specified: workspaceUrl is empty, and neither the bundle nor ${target} sets workspace.host.`,
    {
      hint: "Set workspaceUrl, or set workspace.host in the bundle target.",
      section: "wrong-host",
    },
  );
}

function foreignAuthentication(authType: string): UserError | undefined {
  return authType === "metadata-service" ? undefined : otherAuthentication(authType);
}

function deployLock(user: string, acquiredAt: Date, forced: boolean): UserError {
  const lock = { id: "", user, acquiredAt: acquiredAt.getTime(), forced: false };
  return lockHeld({ lock, holder: undefined }, forced);
}

function destructiveChanges({ facts: { destructive } }: CommandEnd): UserError {
  const actions = destructive.map(({ action, key }) => `${action} ${key}`);
  const shown = listSome([...new Set(actions)], 20);
  return new UserError(
    `No resource was changed, because the deployment would ${shown || "delete or recreate resources"}.`,
    {
      hint: "This can delete data. To allow it, set autoApprove: true for this deployment.",
      section: "destructive-changes",
    },
  );
}

function staleState(): UserError {
  return new UserError(
    "The local state of the bundle on this agent belongs to a different deployment than the one in the workspace. The bundle was probably destroyed and deployed again from another place.",
    {
      hint: "Delete the folder .databricks next to databricks.yml on this agent, or check out with clean: true.",
      section: "stale-state",
    },
  );
}

function newerState(state: string): UserError {
  return new UserError(
    `The bundle was last deployed with a newer Databricks CLI: this one cannot read version ${state} of its state.`,
    {
      hint: "Install a newer version with DatabricksCliInstaller@1, at least the one that deployed the bundle last.",
      section: "cli-version",
    },
  );
}

function deniedPath(path: string): UserError {
  return new UserError(`The service principal of the connection does not have access to ${path} in the workspace.`, {
    hint: "Grant it CAN MANAGE on the folder of the bundle, or set workspace.root_path in the bundle to a folder where it can write.",
    section: "permissions",
  });
}

/** Only for the step's workspace, which this task has reached. */
function noConnection(host: string, cause: string, { inputs, declared }: FailedStep): UserError | undefined {
  if (inputs.host !== `https://${host}` && declared.host !== `https://${host}`) return undefined;
  return new UserError(`The CLI cannot reach ${host}, although this task can: ${withoutEnd(cause, /\.$/)}.`, {
    hint: networkAdvice,
    section: "network",
  });
}

/** Where the CLI's way to the workspace can differ from the task's. */
export const networkAdvice =
  "Check HTTPS_PROXY and NO_PROXY of this job, and that the machine trusts the certificate authority of a proxy that " +
  "inspects TLS.";

/** Where the CLI does not use the agent's own CA, and how an administrator adds it. */
const trustStores: Partial<Record<NodeJS.Platform, { readonly where: string; readonly how: string }>> = {
  win32: {
    where: "On Windows, the CLI trusts only the certificate authorities in the machine's trust store.",
    how:
      "Import the agent's CA there, as an administrator on the agent: certutil -addstore Root <file of the CA>. In a domain, a " +
      "group policy can do it (Public Key Policies, Trusted Root Certification Authorities).",
  },
  darwin: {
    where: "On macOS, the CLI trusts only the certificate authorities in the system's keychain.",
    how:
      "Import the agent's CA there: sudo security add-trusted-cert -d -r trustRoot -k " +
      "/Library/Keychains/System.keychain <file of the CA>.",
  },
};

export function untrustedCertificate(host: string, platform: NodeJS.Platform = process.platform): UserError {
  const { where, how } = trustStores[platform] ?? {
    where: "The answer probably came from a proxy that inspects TLS.",
    how: "Configure the agent with the CA of the proxy (config.sh --sslcacert).",
  };
  return new UserError(`The Databricks CLI does not trust the certificate of ${host}. ${where}`, {
    hint: how,
    section: "network",
  });
}

/** Also after a deploy that was lost before it could keep what it had created. */
function alreadyExists(matches: Matches): UserError {
  const [[, , cause = ""]] = matches;
  const keys = factsOf(matches);
  const [name = ""] = keys.map((key) => key.replace(/^\w+\./, ""));
  const [exist, belong] = keys.length === 1 ? ["exists", "does not belong"] : ["exist", "do not belong"];
  return new UserError(
    `${listSome(keys, 5)} already ${exist} in the workspace, but ${belong} to this deployment: ${withoutEnd(cause, /\.$/)}.`,
    {
      hint:
        `To let the bundle manage it, run once: databricks bundle deployment bind ${name} <ID of the resource>. This is the way ` +
        "if a deploy created it and was then lost. Otherwise, choose another name in the bundle.",
      section: "deploy-failed",
    },
  );
}

function terraformDownload(): UserError {
  return new UserError("The Databricks CLI could not download Terraform, which deploys this bundle.", {
    hint:
      "Use the direct engine (bundle.engine: direct, CLI 1.3 or later), or install Terraform on the agent and set " +
      "DATABRICKS_TF_EXEC_PATH, DATABRICKS_TF_VERSION and DATABRICKS_TF_CLI_CONFIG_FILE.",
    section: "deploy-failed",
  });
}

function unreadableGitFolder(folder: string): UserError {
  return new UserError(`The Databricks CLI cannot read the Git data of the bundle's folder (${folder}).`, {
    hint:
      "It does not support Git submodules. Before this step, copy the bundle to a folder outside the submodule, or delete the " +
      "file .git in the submodule's folder.",
    section: "deploy-failed",
  });
}
