import fs from "node:fs";
import path from "node:path";

/** What the CLI signs in with: a metadata service on loopback, and the workspace if the user named it. */
export interface CliSession {
  readonly metadataServiceUrl: string;
  /** e.g. https://adb-1234567890123456.7.azuredatabricks.net; undefined when the bundle names it. */
  readonly host: string | undefined;
  /** This step's own folder: holds the profile and the CLI's caches. */
  readonly folder: string;
}

const profileName = "azure-pipelines";

/** Variables that could authenticate otherwise, or choose another bundle or output than the inputs do. */
const foreign = /^(DATABRICKS_|ARM_|AZURE_|GOOGLE_|ACTIONS_ID_TOKEN_|IDENTITY_|IMDS_|MSI_|MSAL_)|_ACCESSTOKEN$/i;

/** The CLI's own settings that a pipeline may set; none of them authenticates. */
const kept = /^DATABRICKS_(BUNDLE_|TF_|CLI_|RATE_LIMIT$|CLUSTER_ID$|WAREHOUSE_ID$|SERVERLESS_COMPUTE_ID$)/i;
const decidedByInputs = /^DATABRICKS_(BUNDLE_(ROOT|TARGET|ENV)|CLI_PATH)$/i;

/** The environment for the CLI: `base` without foreign credentials, plus a profile that knows one way to sign in. */
export function cliEnvironment(base: Readonly<Record<string, string>>, session: CliSession): Record<string, string> {
  const passed = Object.entries(base).filter(([name]) => !isOverruled(name));
  return {
    ...Object.fromEntries(passed),
    DATABRICKS_CONFIG_FILE: writeProfile(session),
    DATABRICKS_CONFIG_PROFILE: profileName,
    // The profile serves the CLI itself; terraform, Python and build scripts read the variables.
    DATABRICKS_AUTH_TYPE: "metadata-service",
    DATABRICKS_METADATA_SERVICE_URL: session.metadataServiceUrl,
    ...(session.host ? { DATABRICKS_HOST: session.host } : {}),
    DATABRICKS_CACHE_DIR: path.join(session.folder, "cache"),
    DATABRICKS_CLI_DISABLE_UPDATE_CHECK: "true",
    NO_COLOR: "1",
  };
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

function writeProfile({ metadataServiceUrl, host, folder }: CliSession): string {
  const file = path.join(folder, "databrickscfg");
  const lines = [
    `[${profileName}]`,
    "auth_type            = metadata-service",
    `metadata_service_url = ${metadataServiceUrl}`,
    ...(host ? [`host                 = ${host}`] : []),
  ];
  fs.writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  return file;
}
