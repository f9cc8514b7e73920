import fs from "node:fs";
import path from "node:path";

/** What the CLI signs in with: a metadata service on loopback, and the workspace if the inputs name it. */
export interface CliSignIn {
  readonly metadataServiceUrl: string;
  /** e.g. https://adb-1234567890123456.7.azuredatabricks.net; undefined when the bundle names it. */
  readonly host: string | undefined;
}

const profileName = "azure-pipelines";

/** Variables that could authenticate otherwise, or choose another bundle or output than the inputs do. */
const foreign = /^(DATABRICKS_|ARM_|AZURE_|GOOGLE_|ACTIONS_ID_TOKEN_|IDENTITY_|IMDS_|MSI_|MSAL_)|_ACCESSTOKEN$/i;

/** The CLI's own settings that a pipeline may set; none of them authenticates. */
const kept = /^DATABRICKS_(BUNDLE_|TF_|CLI_|RATE_LIMIT$|CLUSTER_ID$|WAREHOUSE_ID$|SERVERLESS_COMPUTE_ID$)/i;
const decidedByInputs = /^DATABRICKS_(BUNDLE_(ROOT|TARGET|ENV)|CLI_PATH)$/i;

/**
 * The environment for the CLI: `base` without foreign credentials, plus one way to sign in. `folder` is this step's own:
 * it holds the profile, as written by `writeProfile`, and the CLI's caches.
 */
export function cliEnvironment(
  base: Readonly<Record<string, string>>,
  { metadataServiceUrl, host }: CliSignIn,
  folder: string,
): Record<string, string> {
  const passed = Object.entries(base).filter(([name]) => !isOverruled(name));
  return {
    ...Object.fromEntries(passed),
    DATABRICKS_CONFIG_FILE: profileFile(folder),
    DATABRICKS_CONFIG_PROFILE: profileName,
    // The profile serves the CLI itself; terraform, Python and build scripts read the variables.
    DATABRICKS_AUTH_TYPE: "metadata-service",
    DATABRICKS_METADATA_SERVICE_URL: metadataServiceUrl,
    ...(host ? { DATABRICKS_HOST: host } : {}),
    DATABRICKS_CACHE_DIR: path.join(folder, "cache"),
    DATABRICKS_CLI_DISABLE_UPDATE_CHECK: "true",
    NO_COLOR: "1",
  };
}

/** Writes the one profile that the CLI finds, for this account only. */
export function writeProfile({ metadataServiceUrl, host }: CliSignIn, folder: string): void {
  const lines = [
    `[${profileName}]`,
    "auth_type            = metadata-service",
    `metadata_service_url = ${metadataServiceUrl}`,
    ...(host ? [`host                 = ${host}`] : []),
  ];
  fs.writeFileSync(profileFile(folder), `${lines.join("\n")}\n`, { mode: 0o600 });
}

function profileFile(folder: string): string {
  return path.join(folder, "databrickscfg");
}

/** Whether a variable of the agent or the job is kept from the CLI. */
export function isOverruled(name: string): boolean {
  return foreign.test(name) && (!kept.test(name) || decidedByInputs.test(name));
}

/** Set for every job by Azure DevOps, or on every machine by the images of its agents; not worth a word. */
const usual = /^AZURE_(HTTP_USER_AGENT|EXTENSION_DIR|CONFIG_DIR)$/i;

/** Those of the overruled variables that somebody may have meant for the CLI. */
export function worthMentioning(overruled: readonly string[]): string[] {
  return overruled.filter((name) => !usual.test(name));
}
