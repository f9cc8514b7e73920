import fs from "node:fs";
import path from "node:path";
import type { Engine } from "./plan.ts";
import type { Cli } from "./run.ts";

/** Where the CLI keeps what it remembers. */
type Place = Pick<Cli, "folder" | "environment">;

/** One folder for each target that was worked on here (CLI: bundle.GetLocalStateDir). */
function targetFolders({ folder, environment }: Place): { target: string; folder: string }[] {
  const root = environment["DATABRICKS_BUNDLE_TMP"] || path.join(folder, ".databricks", "bundle");
  const targets = fs.existsSync(root) ? fs.readdirSync(root) : [];
  return targets.map((target) => ({ target, folder: path.join(root, target) }));
}

/** The engine of the deployment that the CLI remembers of a target; undefined where it remembers none. */
export function deployedEngine(place: Place, target: string): Engine | undefined {
  const folder = targetFolders(place).find((one) => one.target === target)?.folder;
  if (folder === undefined) return undefined;
  if (fs.existsSync(path.join(folder, "resources.json"))) return "direct";
  return fs.existsSync(path.join(folder, "terraform", "terraform.tfstate")) ? "terraform" : undefined;
}

/**
 * Write-ahead logs of a deployment that began at `since` and did not end: what it did stands only there. Those of the
 * target; for the default target, whose name is not known here, those written since.
 */
export function unfinishedLogs(cli: Place & Pick<Cli, "target">, since: Date): string[] {
  const writtenAt = (file: string) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return targetFolders(cli)
    .filter(({ target }) => cli.target === undefined || target === cli.target)
    .map(({ folder }) => path.join(folder, "resources.json.wal"))
    .filter((log) => cli.target !== undefined || writtenAt(log) >= since.getTime())
    .filter(hasEntries);
}

/** The first line is a header, which a deploy that changed nothing leaves behind too. */
function hasEntries(log: string): boolean {
  return fs.existsSync(log) && fs.readFileSync(log, "utf8").trim().includes("\n");
}
