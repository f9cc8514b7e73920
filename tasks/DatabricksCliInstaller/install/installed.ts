import { print, warn } from "../../common/pipeline/commands.ts";
import { cacheState } from "../cache/tool-cache.ts";
import type { InstalledCli, Step } from "./step.ts";

/** A version that is already here: in the tool cache and unchanged, or else on PATH. */
export async function findInstalled(step: Step, version: string): Promise<InstalledCli | undefined> {
  const { cache, inputs } = step;
  const state = cacheState(cache, version, inputs.checksum);
  if (state === "intact") return { version, executable: cache.executable(version), source: "cache" };
  if (state === "changed") warn(changed(cache.folder(version), version, inputs.checksum));

  const preinstalled = await step.preinstalled();
  if (preinstalled?.version !== version || preinstalled.cached) return undefined;
  return { version, executable: preinstalled.executable, source: "preinstalled" };
}

/** A version on PATH that a range admits, so that nobody need be asked for a newer one. */
export async function findAdmitted({ preinstalled, request }: Step): Promise<string | undefined> {
  if (request.kind !== "range") return undefined;
  const found = await preinstalled();
  if (!found) return undefined;
  const fits = request.admits(found.version);
  print(`${found.executable} is version ${found.version}, which is ${fits ? "" : "not "}in the range ${request.text}.`);
  return fits ? found.version : undefined;
}

function changed(folder: string, version: string, checksum: string | undefined): string {
  const origin = checksum ? " from the archive with the given checksum" : "";
  return `Databricks CLI ${version} in the tool cache (${folder}) is not, or no longer, what this task installed there${origin}. It is not used, and will be replaced.`;
}
