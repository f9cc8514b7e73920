import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./cache-folder.ts";
import { withFileLock } from "./file-lock.ts";

const execute = promisify(execFile);

/** What a set of programs is installed from, and how. */
export interface Installer {
  /** Its parts, for the name of its folder: what is installed, and with what. */
  readonly parts: readonly string[];
  /** Installs into a folder that does not exist. What an attempt that failed has left is removed before the next one. */
  install(target: string): Promise<unknown>;
}

/**
 * Installs once for each state of the parts, into a folder of its own in the user's cache folder, and returns that folder.
 * An interrupted installation starts again.
 */
export async function installOnce(name: string, { parts, install }: Installer): Promise<string> {
  const hash = createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 16);
  const target = path.join(cacheFolder(), "clients", `${name}-${hash}`);
  const complete = `${target}.complete`;
  await withFileLock(`${target}.lock`, async () => {
    if (fs.existsSync(complete)) return;
    const started = Date.now();
    console.log(`Installing for the tests: ${name}. This takes up to a minute, once.`);
    await fs.promises.rm(target, { recursive: true, force: true });
    await install(target);
    await fs.promises.writeFile(complete, "");
    console.log(`Installed for the tests: ${name}, in ${Math.round((Date.now() - started) / 1000)} s.`);
  });
  return target;
}

/**
 * A virtual environment of Python with the exact versions of a requirements file; returns its `bin`. Throws what Python or
 * pip wrote when it cannot be had.
 */
export async function pythonPackages(name: string, requirements: string): Promise<string> {
  const python = await pythonVersion();
  const installed = await installOnce(name, {
    parts: [python, await fs.promises.readFile(requirements, "utf8")],
    async install(target) {
      await runProgram("python3", ["-m", "venv", target]);
      // The files name every package, so that none is resolved anew; Python compiles what is used at its first use.
      const options = ["--no-deps", "--no-compile", "--no-input", "--quiet", "--disable-pip-version-check"];
      const pip = ["-m", "pip", "install", ...options, "--requirement", requirements];
      await runProgram(path.join(target, "bin", "python"), pip);
    },
  });
  return path.join(installed, "bin");
}

async function pythonVersion(): Promise<string> {
  const version = await execute("python3", ["--version"]).then(
    ({ stdout }) => stdout.trim(),
    () => "no python3 on PATH",
  );
  const minor = Number(/^Python 3\.(\d+)/.exec(version)?.[1] ?? 0);
  if (minor >= 11) return version;
  throw new Error(`The tests need Python 3.11 or later with venv and pip, and found ${version}.`);
}

/** Runs a program. Throws what it wrote when it fails. */
export async function runProgram(file: string, args: readonly string[]): Promise<void> {
  const options = { maxBuffer: 64 * 1024 * 1024 };
  await execute(file, [...args], options).catch((failure) => {
    throw new Error(`${path.basename(file)} ${args.join(" ")} failed:\n${failure.stderr || failure.message}`);
  });
}
