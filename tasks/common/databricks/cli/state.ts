import fs from "node:fs";
import path from "node:path";
import { parsedObject } from "../../pipeline/json.ts";
import type { Engine } from "./plan.ts";
import { resourceStateName, writeAheadLogName } from "./resource-state.ts";
import type { Cli } from "./run.ts";

const terraformState = path.join("terraform", "terraform.tfstate");

/** The CLI's local state of a target's resources, of both engines, in the target's local folder. */
export const localStateNames: readonly string[] = [resourceStateName, writeAheadLogName, terraformState];

/** What decides where the CLI keeps its local state. */
type LocalCli = Pick<Cli, "folder" | "environment">;

/** The CLI runs in the bundle's folder. */
function localRoot({ folder, environment }: LocalCli): string {
  return path.resolve(folder, environment["DATABRICKS_BUNDLE_TMP"] || path.join(".databricks", "bundle"));
}

/** Where the CLI keeps its local state of a target (CLI: bundle.GetLocalStateDir). */
export function localFolder(cli: LocalCli, target: string): string {
  return path.join(localRoot(cli), target);
}

/**
 * The targets that a step can be for: its own, or for the default target, whose name is unknown here, all that were used here and have
 * no slash in their names.
 */
export function localTargets({ target, ...cli }: LocalCli & Pick<Cli, "target">): string[] {
  if (target !== undefined) return [target];
  const root = localRoot(cli);
  return fs.existsSync(root) ? fs.readdirSync(root) : [];
}

/** Their local folders. */
function targetFolders(cli: LocalCli & Pick<Cli, "target">): string[] {
  return localTargets(cli).map((target) => localFolder(cli, target));
}

/** The engine of the deployment that the CLI remembers of a target; undefined where it remembers none. */
export function deployedEngine(cli: LocalCli, target: string): Engine | undefined {
  const folder = localFolder(cli, target);
  if (fs.existsSync(path.join(folder, resourceStateName))) return "direct";
  return fs.existsSync(path.join(folder, terraformState)) ? "terraform" : undefined;
}

/**
 * Write-ahead logs of a deployment that began at `since` and did not finish: only they record what it did. Returns the log
 * of the target; for the default target, whose name is unknown here, all logs that were written since.
 */
export function unfinishedLogs(cli: LocalCli & Pick<Cli, "target">, since: Date): string[] {
  const writtenAt = (file: string) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return targetFolders(cli)
    .map((folder) => path.join(folder, writeAheadLogName))
    .filter((log) => cli.target !== undefined || writtenAt(log) >= since.getTime())
    .filter(hasEntries);
}

/** Whether a log has lines after its header; a deploy without changes also leaves a header. */
function hasEntries(log: string): boolean {
  return fs.existsSync(log) && fs.readFileSync(log, "utf8").trim().includes("\n");
}

/**
 * Logs without changes, which a deployment leaves that has failed before its first one. They are worth nothing, but after two of them
 * from CLI 1.0 to 1.3, CLIs refuse to read the state (github.com/databricks/cli/pull/5606). Looks at the same targets as tornFiles.
 */
export function emptyLogs(cli: LocalCli & Pick<Cli, "target">): string[] {
  return targetFolders(cli)
    .map((folder) => path.join(folder, writeAheadLogName))
    .filter((log) => fs.existsSync(log) && !hasEntries(log));
}

/** Whether the local state of a target contains resources, changes that are not in it yet, or what cannot be read. */
export function holdsState(targetFolder: string): boolean {
  const isEmpty = (name: string, member: string) => {
    const file = path.join(targetFolder, name);
    if (!fs.existsSync(file)) return true;
    const value = parsedObject(fs.readFileSync(file, "utf8"))?.[member];
    return typeof value === "object" && value !== null && Object.keys(value).length === 0;
  };
  return (
    hasEntries(path.join(targetFolder, writeAheadLogName)) ||
    !isEmpty(resourceStateName, "state") ||
    !isEmpty(terraformState, "resources")
  );
}

/**
 * Files of the local state that a killed CLI or a lost machine has left incomplete: each command of the CLI would fail on them. Looks
 * only at the step's target, or at all targets if the step uses the default one, whose name is unknown here.
 */
export function tornFiles(cli: LocalCli & Pick<Cli, "target">): string[] {
  return targetFolders(cli).flatMap((folder) => [
    ...[resourceStateName, terraformState].map((name) => path.join(folder, name)).filter(isTorn(isJson)),
    ...[path.join(folder, writeAheadLogName)].filter(isTorn(isLog)),
  ]);
}

function isTorn(isComplete: (text: string) => boolean): (file: string) => boolean {
  return (file) => {
    try {
      return !isComplete(fs.readFileSync(file, "utf8"));
    } catch {
      // It does not exist, or the CLI reports why it cannot be read.
      return false;
    }
  };
}

function isJson(text: string): boolean {
  return parsedObject(text) !== undefined;
}

/** What follows a header that cannot be read may be worth a look. The CLI removes an empty log. */
function isLog(text: string): boolean {
  const [header = "", ...changes] = text.split("\n");
  return text === "" || isJson(header) || changes.some((line) => line !== "");
}
