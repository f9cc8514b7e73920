import { gunzipSync, gzipSync } from "node:zlib";
import type { DeploymentFile } from "../../common/databricks/cli/deployment-file.ts";
import { members, parsedMembers, textOf } from "../../common/pipeline/json.ts";

/** What this task keeps in the workspace about the files that a deploy has uploaded. */
export interface KeptFiles {
  /** The workspace, as steps name it. */
  readonly address: string;
  /** The same, as the CLI names it in its snapshots. */
  readonly host: string;
  /** The folder with the files, as the bundle sets it: the CLI names its snapshots so. */
  readonly filePath: string;
  /** The upload that it describes. */
  readonly upload: UploadId;
  /** The CLI's own record of it; undefined if the workspace has not listed it. */
  readonly deployment: KeptDeployment | undefined;
  /** The CLI's sync root, relative to the bundle's folder: "" or for example "../..". */
  readonly syncRoot: string;
  /** By path below the sync root. */
  readonly files: ReadonlyMap<string, KeptFile>;
}

export type UploadId = Pick<DeploymentFile, "id" | "sequence" | "timestamp">;

/** deployment.json, so that it need not be read again if the workspace still lists it with the same time. */
export interface KeptDeployment {
  readonly text: string;
  /** When the workspace has stored it, in milliseconds since 1970. */
  readonly modifiedAt: number;
}

export interface KeptFile {
  /** Relative to the folder with the files. */
  readonly remoteName: string;
  /** What the workspace has; undefined if that is not certain. */
  readonly content: KeptContent | undefined;
}

export interface KeptContent {
  /** SHA-256 of the uploaded file, in base64url. */
  readonly hash: string;
  /** FILE or NOTEBOOK */
  readonly type: string;
  /** When the workspace has stored it, in milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** In the state folder of the workspace. */
export const keptFilesName = "azure-pipelines.files.json";

const knownVersion = 1;
const about =
  "Written by the task DatabricksBundleDeploy: hashes of the uploaded files, so that the next deploy uploads only files that " +
  "changed. If this file is deleted, the next deploy uploads all files.";

/** Some hundred bytes for each file. */
export function formatKeptFiles({ files, deployment, ...rest }: KeptFiles): string {
  const entries = [...files].map(([name, { remoteName, content }]) => [
    name,
    [remoteName, ...(content ? [content.hash, content.type, content.modifiedAt] : [])],
  ]);
  const content = { version: knownVersion, about, ...rest, deployment: deployment && pack(deployment) };
  return `${JSON.stringify({ ...content, files: Object.fromEntries(entries) })}\n`;
}

/** It repeats the name of each file. */
function pack({ text, modifiedAt }: KeptDeployment) {
  return { modifiedAt, gzip: gzipSync(text).toString("base64") };
}

/** undefined if there is none, or if it cannot be read: then it is read from its own file. */
function unpack({ modifiedAt, gzip }: Readonly<Record<string, unknown>>): KeptDeployment | undefined {
  if (typeof modifiedAt !== "number" || typeof gzip !== "string") return undefined;
  try {
    return { text: gunzipSync(Buffer.from(gzip, "base64"), { maxOutputLength }).toString("utf8"), modifiedAt };
  } catch {
    return undefined;
  }
}

/** As much as the workspace's API gives of a file. */
const maxOutputLength = 10 * 1024 * 1024;

/** undefined if it is of another version, or not complete. */
export function parseKeptFiles(text: string): KeptFiles | undefined {
  const root = parsedMembers(text);
  const { id, sequence, timestamp } = members(root["upload"]);
  const [address, host, filePath] = [root["address"], root["host"], root["filePath"]].map(textOf);
  const [knownId, knownTime] = [textOf(id), textOf(timestamp)];
  const syncRoot = root["syncRoot"];
  if (root["version"] !== knownVersion || !address || !host || !filePath || !knownId || !knownTime) return undefined;
  if (typeof sequence !== "number" || typeof syncRoot !== "string" || !/^(\.\.(\/\.\.)*)?$/.test(syncRoot))
    return undefined;
  const files = new Map<string, KeptFile>();
  for (const [name, entry] of Object.entries(members(root["files"]))) {
    const file = Array.isArray(entry) ? parseKeptFile(entry) : undefined;
    if (file === undefined) return undefined;
    files.set(name, file);
  }
  // The CLI fails on a snapshot in which two files have one place.
  if (new Set([...files.values()].map(({ remoteName }) => remoteName)).size < files.size) return undefined;
  const upload = { id: knownId, sequence, timestamp: knownTime };
  return { address, host, filePath, upload, deployment: unpack(members(root["deployment"])), syncRoot, files };
}

function parseKeptFile([remoteName, hash, type, modifiedAt]: readonly unknown[]): KeptFile | undefined {
  if (typeof remoteName !== "string" || remoteName === "") return undefined;
  if (hash === undefined) return { remoteName, content: undefined };
  if (typeof hash !== "string" || typeof type !== "string" || typeof modifiedAt !== "number") return undefined;
  return { remoteName, content: { hash, type, modifiedAt } };
}
