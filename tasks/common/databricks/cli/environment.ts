import path from "node:path";
import { writeTemporaryFile } from "../../pipeline/job.ts";

/** What the CLI uses to sign in: a metadata service on loopback, and the workspace if the inputs name it. */
export interface CliSignIn {
  readonly metadataServiceUrl: string;
  /** e.g. https://adb-1234567890123456.7.azuredatabricks.net; undefined if the bundle names it. */
  readonly host: string | undefined;
  /** Which of the workspaces at `host`; undefined if its name stands for one. */
  readonly workspaceId: string | undefined;
}

const profileName = "azure-pipelines";

/** Variables that could select another way to sign in, another bundle or another output than the inputs do. */
const foreign = /^(DATABRICKS_|ARM_|AZURE_|GOOGLE_|ACTIONS_ID_TOKEN_|IDENTITY_|IMDS_|MSI_|MSAL_)|_ACCESSTOKEN$/i;

/** The CLI's own settings that a pipeline may set; they do not affect the sign-in. */
const kept =
  /^DATABRICKS_(BUNDLE_|TF_|CLI_|EXPERIMENTAL_|(CACHE_ENABLED|RATE_LIMIT|CLUSTER_ID|WAREHOUSE_ID|SERVERLESS_COMPUTE_ID)$)/i;
const decidedByInputs = /^DATABRICKS_(BUNDLE_(ROOT|TARGET|ENV)|CLI_PATH)$/i;

/** The job's token, which only a step that names it in its `env` gets. */
export const jobToken = /^SYSTEM_ACCESSTOKEN$/i;

/** Completes "Not passed to the CLI, because "; the first pattern that matches a name applies. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/^DATABRICKS_BUNDLE_(TARGET|ENV)$/i, "the step already has a target"],
  [/^DATABRICKS_BUNDLE_ROOT$/i, "the input workingDirectory names the folder of the bundle"],
  [/^DATABRICKS_(HOST|WORKSPACE_ID|DISCOVERY_URL)$/i, "the workspace comes from workspaceUrl or the bundle"],
  [
    /^DATABRICKS_(LOG_|OUTPUT_FORMAT$|DEBUG_)/i,
    "the task reads the CLI's output (to see its log, use the input arguments, for example --debug)",
  ],
  [/^DATABRICKS_(CACHE_DIR|CLI_PATH)$/i, "the task sets its own"],
  [
    jobToken,
    "programs of a bundle do not get the job's token (for a feed of packages, run PipAuthenticate@1 before this step)",
  ],
  [
    /^DATABRICKS_(?!TOKEN|CLIENT_|CONFIG_|AUTH_|OIDC_|AZURE_|GOOGLE_|METADATA_|ACCOUNT_ID$|USERNAME$|PASSWORD$)/i,
    "the task does not support this setting",
  ],
  [/^/, "only the service connection is used to sign in"],
];

/**
 * The environment for the CLI: `base` without foreign credentials, with one way to sign in. `folder` is the step's own
 * folder; it contains the profile that `writeProfile` writes, and the CLI's caches.
 */
export function cliEnvironment(
  base: Readonly<Record<string, string>>,
  { metadataServiceUrl, host, workspaceId }: CliSignIn,
  folder: string,
): Record<string, string> {
  const passed = Object.entries(base).filter(([name]) => !isOverruled(name));
  return {
    ...Object.fromEntries(passed),
    DATABRICKS_CONFIG_FILE: profileFile(folder),
    DATABRICKS_CONFIG_PROFILE: profileName,
    // The CLI itself reads the profile; terraform, Python and build scripts read the variables.
    DATABRICKS_AUTH_TYPE: "metadata-service",
    DATABRICKS_METADATA_SERVICE_URL: metadataServiceUrl,
    ...(host ? { DATABRICKS_HOST: host } : {}),
    ...(workspaceId ? { DATABRICKS_WORKSPACE_ID: workspaceId } : {}),
    DATABRICKS_CACHE_DIR: path.join(folder, "cache"),
    DATABRICKS_CLI_DISABLE_UPDATE_CHECK: "true",
    NO_COLOR: "1",
  };
}

/** Whether a variable of the CLI's environment has another value in each step. */
export function isOfOneStep(name: string): boolean {
  return /^DATABRICKS_(CONFIG_FILE|METADATA_SERVICE_URL|CACHE_DIR)$/i.test(name);
}

/**
 * Writes the only profile that the CLI finds. Only this account can read it, except on Windows, where the folder decides that.
 * There, the secret address of the metadata service is only in the environment, from which the CLI takes it as well. Throws a
 * UserError if the disk does not allow it.
 */
export function writeProfile(
  { metadataServiceUrl, host, workspaceId }: CliSignIn,
  folder: string,
  platform = process.platform,
): void {
  const lines = [
    `[${profileName}]`,
    "auth_type            = metadata-service",
    ...(platform === "win32" ? [] : [`metadata_service_url = ${metadataServiceUrl}`]),
    ...(host ? [`host                 = ${host}`] : []),
    ...(workspaceId ? [`workspace_id         = ${workspaceId}`] : []),
  ];
  writeTemporaryFile(profileFile(folder), `${lines.join("\n")}\n`);
}

function profileFile(folder: string): string {
  return path.join(folder, "databrickscfg");
}

/** Whether a variable of the agent or the job is not passed to the CLI. */
export function isOverruled(name: string): boolean {
  return foreign.test(name) && (!kept.test(name) || decidedByInputs.test(name));
}

/** Variables that Azure DevOps sets for every job, or that its agents' images contain; they are not worth a log line. */
const usual = /^AZURE_(HTTP_USER_AGENT|EXTENSION_DIR|CONFIG_DIR)$/i;

/** One line for each reason why overruled variables, which a pipeline's author may have set for the CLI, are not passed to it. */
export function overruledLines(overruled: readonly string[]): string[] {
  const names = new Map<string, string[]>();
  for (const name of overruled.filter((one) => !usual.test(one))) {
    const [, reason = ""] = reasons.find(([pattern]) => pattern.test(name)) ?? [];
    names.set(reason, [...(names.get(reason) ?? []), name]);
  }
  return [...names].map(([reason, list]) => `Not passed to the CLI, because ${reason}: ${list.join(", ")}.`);
}
