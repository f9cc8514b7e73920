import os from "node:os";
import path from "node:path";

/** The folder, among the user's caches, for what the lab builds once. */
export const labCache = path.join(
  process.env["XDG_CACHE_HOME"] || path.join(os.homedir(), ".cache"),
  "databricks-bundle-deploy-for-azure-pipelines",
  "lab",
);
