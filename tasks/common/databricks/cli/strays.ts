import fs from "node:fs";

/** In the environment of every program that the CLI starts; its value is a folder of this step only. */
const mark = "DATABRICKS_CACHE_DIR";

/**
 * Kills the programs that a stopped CLI has left running in a session of their own, where no signal to its process group
 * reaches them. Does nothing on systems without /proc.
 */
export function killStrays(environment: Readonly<Record<string, string>>): void {
  const folder = environment[mark];
  if (folder === undefined || process.platform !== "linux") return;
  for (const name of fs.readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const variables = fs.readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
      if (variables.includes(`${mark}=${folder}`)) process.kill(Number(name), "SIGKILL");
    } catch {
      // It has ended, or belongs to another user.
    }
  }
}
