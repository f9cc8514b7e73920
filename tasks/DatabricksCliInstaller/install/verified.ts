import { Canceled, UserError } from "../../common/pipeline/errors.ts";
import type { Archive } from "../archive/download.ts";
import { readExecutable } from "../archive/extract.ts";
import { discard, publish, stage } from "../cache/publish.ts";
import { runnableVersion } from "../cli/executable.ts";
import { admits } from "../version/ranges.ts";
import { describe } from "../version/request.ts";
import type { InstalledCli, Step } from "./step.ts";

/**
 * Installs from an archive whose SHA-256 was verified: extracts the executable, runs it once where no other step sees it, and
 * publishes it in the tool cache. Throws a UserError unless the CLI reports `wanted`, or, without it, a requested version.
 */
export async function installVerified(
  step: Step,
  archive: Archive,
  wanted: string | undefined,
): Promise<Omit<InstalledCli, "source">> {
  const { cache, cancel, inputs } = step;
  const content = await readExecutable(archive, cache.platform.executable);
  const staged = await stage(cache, content, archive.sha256);
  try {
    if (cancel.aborted) throw new Canceled();
    const version = await runnableVersion(staged.executable, cache, cancel);
    expectVersion(step, archive, wanted, version);
    await publish(cache, version, staged, inputs.checksum);
    return { version, executable: cache.executable(version) };
  } finally {
    await discard(cache, staged.folder);
  }
}

function expectVersion({ request }: Step, archive: Archive, wanted: string | undefined, version: string): void {
  const fits = wanted === undefined ? request.kind === "latest" || admits(request, version) : version === wanted;
  if (fits) return;
  const asked = wanted === undefined ? describe(request) : `version ${wanted}`;
  throw new UserError(`The Databricks CLI in ${archive.name} reports version ${version}, not ${asked}.`, {
    hint: "Nothing was installed. The content of the archive does not match its file name or the input version.",
    section: "executable",
  });
}
