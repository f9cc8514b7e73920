import { spawnSync } from "node:child_process";
import path from "node:path";
import { buildDatabricks } from "../test/lab/databricks/build.ts";
import { windowsNodes, windowsProgram } from "../test/lab/wine/programs.ts";
import { prepareWine } from "../test/lab/wine/wine.ts";
import { root } from "./project.ts";

/**
 * Installs and builds what the lab's agents on Windows need, as far as it is not there yet. Throws an error that names what
 * this machine does not have.
 */
export async function prepareWindowsAgents(wine10 = false): Promise<void> {
  const started = Date.now();
  // First, because it fails within a moment.
  await prepareWine(wine10);
  installNode();
  await windowsProgram("winagent");
  const programs = await buildDatabricks({ log: console.log, windows: true });
  await programs.cli();
  console.log(`Agents on Windows are ready (${Math.round((Date.now() - started) / 1000)} s).`);
}

/** npm refuses a package for another system unless it is forced; nothing in it is run here. */
function installNode(): void {
  const folder = path.join(root, "test", "lab", "wine");
  const args = ["ci", "--force", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", args, { cwd: folder, stdio: "inherit" });
  if (status !== 0) throw new Error(`"npm ${args.join(" ")}" failed in ${folder}.`);
  windowsNodes();
}
