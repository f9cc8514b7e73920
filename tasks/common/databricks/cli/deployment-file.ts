import fs from "node:fs";
import path from "node:path";
import { members, parsedMembers, textOf } from "../../pipeline/json.ts";

/** One upload of a deployment's files, by the file deployment.json (databricks/cli, bundle/deploy/state.go). */
export interface DeploymentFile {
  /** UUID of the deployment; it stays the same until the deployment is destroyed. */
  readonly id: string;
  /** Counts the uploads from 1. */
  readonly sequence: number;
  /** As the CLI writes it. */
  readonly timestamp: string;
  /** Paths of the uploaded files below the sync root. */
  readonly files: readonly string[];
}

/** In the state folder of the workspace, and in the target's local folder. */
export const deploymentFileName = "deployment.json";

const knownVersion = 1;

/** undefined if it is of another version, or not complete. */
export function parseDeploymentFile(text: string): DeploymentFile | undefined {
  const { version, id, seq: sequence, timestamp, files } = parsedMembers(text);
  if (version !== knownVersion || typeof sequence !== "number") return undefined;
  const [knownId, knownTime] = [textOf(id), textOf(timestamp)];
  if (knownId === undefined || knownTime === undefined) return undefined;
  const names = Array.isArray(files) ? files.flatMap((file) => textOf(members(file)["local_path"]) ?? []) : [];
  return { id: knownId, sequence, timestamp: knownTime, files: names };
}

/** What the CLI has left in a target's local folder; undefined if nothing, or if it cannot be read. */
export function readDeploymentFile(targetFolder: string): DeploymentFile | undefined {
  const file = path.join(targetFolder, deploymentFileName);
  return fs.existsSync(file) ? parseDeploymentFile(fs.readFileSync(file, "utf8")) : undefined;
}
