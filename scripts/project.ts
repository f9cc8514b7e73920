import path from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, an absolute path. */
export const root = path.resolve(fileURLToPath(import.meta.url), "../..");

/** Folders of the tasks under `tasks/`, which are also their names. */
export const taskNames = ["DatabricksCliInstaller", "DatabricksBundleDeploy"] as const;

/** Size limit of the packaged extension, in bytes. */
export const largestPackage = 700_000;
