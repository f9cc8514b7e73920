import { print } from "../../common/pipeline/commands.ts";
import { type Releases, registerCredentials, releasesAt } from "../archive/releases.ts";
import type { AbsentArchive } from "./absent-archive.ts";
import { reuseInstalled } from "./installed.ts";
import type { InstalledCli, Step } from "./step.ts";

/** Takes the requested version from this agent, or downloads it from GitHub or the mirror. */
export async function installRelease(step: Step): Promise<InstalledCli> {
  const { downloadUrl } = step.inputs;
  registerCredentials(downloadUrl);
  const releases = releasesAt(downloadUrl, step.http, step.cache.platform);
  const candidates = await chooseCandidates(step, releases);
  const absent: AbsentArchive[] = [];
  for (const version of candidates) {
    const installed = await reuseInstalled(step, version);
    if (installed) return installed;
    const { downloadVerified, installVerified, reportAbsent } = await import("./not-cached.lazy.ts");
    const archive = await downloadVerified(step, releases, version);
    if (!("reason" in archive)) {
      return { ...(await installVerified(step, archive, version)), source: "download" };
    }
    absent.push(archive);
    reportAbsent(archive, releases, version !== candidates.at(-1));
  }
  const { notInstalled } = await import("./not-cached.lazy.ts");
  throw await notInstalled(step, absent, releases);
}

/** The versions to try, best first. An exact version, or a CLI on PATH that is in the range, needs no version list. */
async function chooseCandidates(step: Step, releases: Releases): Promise<readonly string[]> {
  const { request, cache, inputs } = step;
  if (request.kind === "exact") return [request.version];
  const found = request.kind === "range" ? await step.preinstalled() : undefined;
  if (request.kind === "range" && found) {
    const fits = request.admits(found.version);
    print(
      `Databricks CLI ${found.version} on PATH (${found.executable}) is ${fits ? "" : "not "}in range ${request.text}.`,
    );
    if (fits) return [found.version];
  }
  const { resolveVersions } = await import("./not-cached.lazy.ts");
  return resolveVersions(request, releases, cache, inputs.checksum);
}
