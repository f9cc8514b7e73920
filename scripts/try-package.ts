import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { unzipSync } from "fflate";
import { root } from "./project.ts";

/**
 * Runs the packaged tasks on this machine's own system, without the lab: installs the latest CLI from GitHub, finds it in the
 * cache, starts it, and lets the deploy task check its inputs. The argument is the folder of the .vsix; `dist` by default.
 */
function tryPackage(folder = path.join(root, "dist")): void {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), "try-package-"));
  try {
    unpack(onlyPackage(folder), work);
    const inputs = { INPUT_VERSION: "latest", INPUT_REUSEINSTALLED: "false" };
    for (const source of ["download", "cache"]) {
      const output = runTask(work, "DatabricksCliInstaller", inputs);
      expectText(output, `variable=source;isOutput=true;issecret=false;]${source}`);
      expectText(output, "##vso[task.complete result=Succeeded;]");
    }
    const executable = findExecutable(path.join(work, "tools"));
    console.log(execFileSync(executable, ["version"], { encoding: "utf8" }).trim());
    expectText(
      runTask(work, "DatabricksBundleDeploy", { INPUT_COMMAND: "validate" }),
      "azureSubscription: is required",
    );
  } finally {
    removeIfPossible(work);
  }
}

/** On Windows, a scanner may still have a program open that has just run. The folder is temporary in any case. */
function removeIfPossible(folder: string): void {
  try {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    console.log(`${folder} stays: ${error instanceof Error ? error.message : error}`);
  }
}

function onlyPackage(folder: string): string {
  const [file, ...others] = fs.readdirSync(folder).filter((name) => name.endsWith(".vsix"));
  if (file === undefined || others.length > 0) throw new Error(`${folder} must contain one .vsix.`);
  return path.join(folder, file);
}

function unpack(vsix: string, work: string): void {
  for (const [name, content] of Object.entries(unzipSync(fs.readFileSync(vsix)))) {
    const file = path.join(work, "package", name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (!name.endsWith("/")) fs.writeFileSync(file, content);
  }
}

const systems: Partial<Record<NodeJS.Platform, string>> = { linux: "Linux", darwin: "Darwin", win32: "Windows_NT" };

/** Runs a task with the variables that an agent would set; returns what it writes, in which nothing is a command here. */
function runTask(work: string, name: string, inputs: Record<string, string>): string {
  const folders = { TEMPDIRECTORY: path.join(work, "temp"), TOOLSDIRECTORY: path.join(work, "tools") };
  for (const folder of Object.values(folders)) fs.mkdirSync(folder, { recursive: true });
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(work, "package", "tasks", name, "index.js")],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        AGENT_OS: systems[process.platform],
        AGENT_OSARCHITECTURE: process.arch.toUpperCase(),
        AGENT_TEMPDIRECTORY: folders.TEMPDIRECTORY,
        AGENT_TOOLSDIRECTORY: folders.TOOLSDIRECTORY,
        SYSTEM_DEFAULTWORKINGDIRECTORY: work,
        ...inputs,
      },
    },
  );
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${shown(stdout + stderr)}`);
  return stdout;
}

function expectText(output: string, text: string): void {
  if (!output.includes(text)) throw new Error(`Expected ${shown(text)} in: ${shown(output)}`);
}

/** Without the marks by which an agent recognizes commands. */
function shown(text: string): string {
  return text.replaceAll("##", "# #");
}

function findExecutable(tools: string): string {
  const names = fs.readdirSync(tools, { recursive: true, encoding: "utf8" });
  const found = names.find(
    (name) => /^databricks(\.exe)?$/.test(path.basename(name)) && fs.statSync(path.join(tools, name)).isFile(),
  );
  if (found === undefined) throw new Error(`There is no CLI below ${tools}.`);
  return path.join(tools, found);
}

tryPackage(process.argv[2]);
