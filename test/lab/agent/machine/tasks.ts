import fs from "node:fs";
import path from "node:path";
import { unzipSync } from "fflate";
import { isObject, objects, text } from "../server/json.ts";
import { readTaskDefinition, type TaskDefinition } from "../server/task-definition.ts";
import { bashTask } from "./bash-task.ts";
import { folderDigest } from "./folders.ts";

/** A task as it lies on an agent's disk, with the digest of its folder at that time. */
export interface InstalledTask {
  readonly definition: TaskDefinition;
  readonly folder: string;
  readonly digest: string;
  /** Removes the folder and unpacks it again. */
  extract(): void;
}

const taskContribution = "ms.vss-distributed-task.task";

/**
 * Unpacks every task of an extension, and the server's own Bash@3, into `<tasks>/<Name>_<id>/<Version>/`, without execute
 * bits, as agents get them.
 */
export function installTasks(vsix: string, tasksFolder: string): InstalledTask[] {
  const files = unzipSync(fs.readFileSync(vsix));
  const extension = taskFolders(files, vsix).map((name) => installTask(name, filesUnder(files, name), tasksFolder));
  return [...extension, installTask("Bash", bashTask(), tasksFolder)];
}

function installTask(name: string, files: Record<string, Uint8Array>, tasksFolder: string): InstalledTask {
  const definition = readTaskDefinition(readJson(files, "task.json", name), name, Object.keys(files));
  const folder = path.join(tasksFolder, `${definition.name}_${definition.id}`, definition.version.full);
  const extract = () => {
    fs.rmSync(folder, { recursive: true, force: true });
    writeFiles(folder, files);
  };
  extract();
  fs.writeFileSync(`${folder}.completed`, "");
  return { definition, folder, digest: folderDigest(folder), extract };
}

/** Resolves a step's `Name@major` (or `id@major`). */
export function findTask(tasks: readonly InstalledTask[], reference: string): InstalledTask {
  const [name = "", major] = reference.toLowerCase().split("@");
  const found = tasks.find(
    ({ definition }) =>
      (definition.name.toLowerCase() === name || definition.id === name) && definition.version.major === major,
  );
  if (found !== undefined) return found;
  const known = tasks.map(({ definition }) => `${definition.name}@${definition.version.major}`).join(", ");
  throw new Error(`A task is missing. The pipeline references a task called '${reference}'; the agent has ${known}.`);
}

function taskFolders(files: Record<string, Uint8Array>, vsix: string): string[] {
  const manifest = readJson(files, "extension.vsomanifest", vsix);
  const folders = objects(isObject(manifest) ? manifest["contributions"] : undefined)
    .filter((contribution) => contribution["type"] === taskContribution)
    .map(({ properties }) => text(isObject(properties) ? properties["name"] : undefined).replace(/\/+$/, ""));
  if (folders.length === 0) throw new Error(`${vsix} contributes no task.`);
  return folders;
}

function filesUnder(files: Record<string, Uint8Array>, folder: string): Record<string, Uint8Array> {
  const prefix = `${folder}/`;
  const found = Object.entries(files).filter(([path]) => path.startsWith(prefix) && !path.endsWith("/"));
  return Object.fromEntries(found.map(([path, content]) => [path.slice(prefix.length), content]));
}

function writeFiles(folder: string, files: Record<string, Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.resolve(folder, name);
    if (path.relative(folder, file).startsWith("..")) throw new Error(`Entry is outside of the target dir: ${name}`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    fs.chmodSync(file, 0o644);
  }
}

function readJson(files: Record<string, Uint8Array>, name: string, where: string): unknown {
  const content = files[name];
  if (content === undefined) throw new Error(`${where} has no ${name}.`);
  return JSON.parse(new TextDecoder().decode(content));
}
