import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { taskSources } from "../../scripts/releases.ts";
import { windowsAgents } from "../lab/agents.ts";
import { executableName, thisPlatform } from "../lab/releases/platforms.ts";
import { machinePath, windowsPath } from "../lab/wine/paths.ts";
import { sourceChangedAfter } from "./package-age.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The folder of the example bundle that the documentation shows. */
export const exampleBundle = path.join(root, "examples", "bundle");

/** The file name of the CLI on the lab's agents. */
export const cliName = executableName(thisPlatform);

/** A path as programs on the lab's agents write it. */
export function agentPath(file: string): string {
  return windowsAgents ? windowsPath(file) : file;
}

/** The file of this machine that a path from a program on the lab's agents names. */
export function localPath(file: string): string {
  return windowsAgents ? machinePath(file) : file;
}

let current: string | undefined;

/** The path of the packaged extension: EXTENSION_VSIX, or else the one in dist. Every e2e test runs what users get. */
export function packagedExtension(): string {
  const given = process.env["EXTENSION_VSIX"];
  if (given) return given;
  current ??= currentPackage();
  return current;
}

/** The package in dist. Throws if it does not contain the latest changes. */
function currentPackage(): string {
  const dist = path.join(root, "dist");
  const files = fs.existsSync(dist) ? fs.readdirSync(dist).filter((name) => name.endsWith(".vsix")) : [];
  const [file] = files;
  if (file === undefined || files.length > 1) {
    throw new Error(`dist must hold one .vsix, not ${files.length}: run "npm run package" first.`);
  }
  const built = path.join(dist, file);
  const changed = sourceChangedAfter(built, root, taskSources);
  if (changed !== undefined) throw new Error(`${changed} is newer than dist/${file}: run "npm run package" first.`);
  return built;
}
