import os from "node:os";
import path from "node:path";

const projectName = "databricks-bundle-deploy-for-azure-pipelines";

/** The folder, outside the repository, in which the lab keeps what takes long to build or to install. */
export function cacheFolder(): string {
  return path.join(process.env["XDG_CACHE_HOME"] || path.join(os.homedir(), ".cache"), projectName, "lab");
}
