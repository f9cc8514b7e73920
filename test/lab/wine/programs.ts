import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { wine10 } from "../agents.ts";
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

const installed = path.join(import.meta.dirname, "node_modules");

export interface WindowsNode {
  readonly path: string;
  readonly version: string;
}

/** Node for Windows, as far as Wine can run it. Throws when it is not installed. */
export function windowsNodes(): readonly WindowsNode[] {
  // With Wine 8, Node 24 does not get the memory that V8 reserves.
  return (wine10 ? ["node20", "node24"] : ["node20"]).map((name) => {
    const file = path.join(installed, name, "bin", "node.exe");
    if (!fs.existsSync(file)) throw new Error(`${file} is missing: "npm run test:windows" installs it.`);
    return { path: file, version: windowsNodeVersion(file) };
  });
}

/** The version of a Node for Windows, from its package. */
export function windowsNodeVersion(node: string): string {
  const manifest = fs.readFileSync(path.join(path.dirname(node), "..", "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
