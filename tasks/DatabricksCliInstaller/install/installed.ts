import { warn } from "../../common/pipeline/commands.ts";
import { cacheState, noteIntact } from "../cache/tool-cache.ts";
import type { InstalledCli, Step } from "./step.ts";

/**
 * Takes a version that is already on this agent: from the tool cache if it is unchanged there, otherwise from PATH. Warns of
 * a changed one, and notes in the cache that an unchanged one was verified. Undefined when neither has the version.
 */
export async function reuseInstalled(step: Step, version: string): Promise<InstalledCli | undefined> {
  const { cache, inputs } = step;
  const state = await cacheState(cache, version, inputs.checksum);
  if (state === "intact") {
    noteIntact(cache, version);
    return { version, executable: cache.executable(version), source: "cache" };
  }
  if (state === "changed") warn(changed(cache.folder(version), version, inputs.checksum));

  const preinstalled = await step.preinstalled();
  if (preinstalled?.version !== version || preinstalled.cached) return undefined;
  const { executable, behind } = preinstalled;
  return { version, executable, source: "preinstalled", behind };
}

function changed(folder: string, version: string, checksum: string | undefined): string {
  const origin = checksum ? " from the archive with the input checksum" : "";
  return `Not using Databricks CLI ${version} from the tool cache (${folder}): this task did not install it${origin}, or it has changed since. It will be replaced.`;
}
