// First, because the next import writes to the temporary folder.
import "../common/pipeline/load-failure.ts";

import path from "node:path";
import { prependPath, print, setOutput, warn } from "../common/pipeline/commands.ts";
import { endOfLoad } from "../common/pipeline/load-failure.ts";
import { runTask } from "../common/pipeline/task.ts";
import { openToolCache, type ToolCache } from "./cache/tool-cache.ts";
import { type InstallerInputs, loadInputs } from "./inputs.ts";
import { installRelease } from "./install/release.ts";
import type { InstalledCli, Step } from "./install/step.ts";
import { agentPlatform } from "./platform.ts";
import { knownProblems } from "./version/known-problems.ts";
import type { VersionRequest } from "./version/request.ts";
import { waitWhileBusy } from "./while-busy.ts";

endOfLoad();
void runTask(async ({ http, cancel }) => {
  const inputs = await loadInputs();
  const platform = agentPlatform();
  const cache = openToolCache(platform, undefined, waitWhileBusy(platform, cancel));
  const request = await resolveBundle(inputs.version);
  if (inputs.hasUnusedFolder) warnOfUnusedFolder();
  const preinstalled = once(() => preinstalledFor(inputs, cache, cancel));

  const step: Step = { http, cancel, inputs, cache, request, preinstalled };
  const { archivePath } = inputs;
  const cli = archivePath ? await installArchive(step, archivePath) : await installRelease(step);

  for (const problem of knownProblems(cli.version)) warn(problem);
  handOver(cli);
});

async function installArchive(step: Step, file: string): Promise<InstalledCli> {
  const { installLocalArchive } = await import("./install/not-cached.lazy.ts");
  return installLocalArchive(step, file);
}

/** The CLI on PATH that the inputs admit. It was not installed from an archive here, so it cannot match a checksum. */
async function preinstalledFor(inputs: InstallerInputs, cache: ToolCache, cancel: AbortSignal) {
  if (!inputs.reuseInstalled) return undefined;
  const { printNotFromArchive, takePreinstalled } = await import("./install/not-cached.lazy.ts");
  if (inputs.checksum === undefined) return takePreinstalled(cache, cancel);
  printNotFromArchive(cache);
  return undefined;
}

/** Reads the version from the bundle, if the input version is bundle, and prints what the bundle requires. */
async function resolveBundle(version: InstallerInputs["version"]): Promise<VersionRequest> {
  if (version.kind !== "bundle") return version;
  const { bundleVersion } = await import("./install/not-cached.lazy.ts");
  const { request, file, text } = await bundleVersion(version.folder);
  print(`${file} requires Databricks CLI ${text}`);
  return request;
}

/** Somebody who sets the folder probably wants the version of the bundle. */
function warnOfUnusedFolder(): void {
  warn(
    "workingDirectory has no effect, because the input version is not bundle. Set version to bundle to install the version " +
      "that the bundle requires, or clear workingDirectory.",
  );
}

/** Makes the CLI the one that later steps find. For a CLI that they find anyway, the order of PATH stays the same. */
function handOver(cli: InstalledCli): void {
  const folder = path.dirname(cli.executable);
  const isFound = cli.source === "preinstalled" && !cli.behind;
  if (cli.behind) print(`Databricks CLI ${cli.version} was on PATH behind a script, ${cli.behind}.`);
  if (!isFound) prependPath(folder);
  setOutput("version", cli.version);
  setOutput("path", cli.executable);
  setOutput("source", cli.source);
  const where = isFound ? `${cli.executable} on PATH` : `${folder} is first on PATH`;
  print(`Databricks CLI ${cli.version} is ready: ${where} (source: ${cli.source})`);
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
