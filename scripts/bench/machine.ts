import { execFileSync } from "node:child_process";
import os from "node:os";
import { taskNodes } from "../../test/e2e/nodes.ts";
import { cliVersions } from "../../test/lab/databricks/build.ts";
import { root } from "../project.ts";

/** The machine and the versions, one fact per line. */
export function machineFacts(): string[] {
  const cores = os.cpus();
  return [
    `Machine: ${cores.length} cores (${cores[0]?.model.trim() || "unknown model"}), ${Math.round(os.totalmem() / 1e9)} GB of memory, ${os.type()} ${os.release()}`,
    `Versions: ${taskNodes.map(({ name }) => name).join(" and ")} for the tasks, Databricks CLI ${process.env["DATABRICKS_CLI_PATH"] ? "of DATABRICKS_CLI_PATH" : cliVersions[0]}, Node ${process.versions.node} for the measurements`,
    `Project: ${revision()}`,
  ];
}

/** The commit that is checked out. */
function revision(): string {
  const git = (...command: string[]) => execFileSync("git", ["-C", root, ...command], { encoding: "utf8" }).trim();
  try {
    const changed = git("status", "--porcelain", "--", "tasks", "scripts", "test", "package-lock.json") !== "";
    return `commit ${git("rev-parse", "--short=10", "HEAD")}${changed ? ", with local changes" : ""}`;
  } catch {
    return "not in a Git repository";
  }
}
