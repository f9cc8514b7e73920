import fs from "node:fs";
import { type NoVersion, notStarted, startVersion } from "../../common/databricks/cli/ask-version.ts";
import { withoutAgentSecrets } from "../../common/pipeline/environment.ts";
import { Canceled, UserError } from "../../common/pipeline/errors.ts";
import { causeInWords } from "../../common/pipeline/file-failure.ts";
import { nameOf, type Platform } from "../platform.ts";
import type { Machine } from "../while-busy.ts";

const elfMachines: Record<number, string> = { 62: "amd64", 183: "arm64", 3: "386", 40: "arm" };
const machCpus: Record<number, string> = { 16777223: "amd64", 16777228: "arm64" };
const peMachines: Record<number, string> = { 34404: "amd64", 43620: "arm64", 332: "386" };

/** Longer than a virus scanner needs for a file of this size. */
const firstStartWithinMs = 60_000;

/** Runs an executable; gives the version that it reports. Throws a UserError when it cannot run or is not a Databricks CLI. */
export async function runnableVersion(
  executable: string,
  { platform, whileBusy }: Machine,
  cancel: AbortSignal,
): Promise<string> {
  const asked = {
    executable,
    environment: withoutAgentSecrets(process.env),
    withinMs: firstStartWithinMs,
    cancel,
  };
  const start = async () => {
    try {
      return await startVersion(asked);
    } catch (error) {
      // Windows reports such an executable with the same codes as a busy one.
      refuseOtherPlatform(executable, platform);
      throw error;
    }
  };
  const answer = await whileBusy(executable, start).catch((error: unknown) => {
    if (error instanceof UserError || error instanceof Canceled) throw error;
    return notStarted(error);
  });
  if (cancel.aborted) throw new Canceled();
  return typeof answer === "string" ? answer : refuse(executable, platform, answer);
}

function refuse(executable: string, platform: Platform, { code, words }: NoVersion): never {
  refuseOtherPlatform(executable, platform);
  if (code === "EACCES" || code === "EPERM") {
    throw new UserError(`This agent is not allowed to run ${executable} (${code}).`, {
      hint: "Its folder is probably mounted with noexec, or a security tool blocks it. Set AGENT_TOOLSDIRECTORY to a folder where programs may run.",
      section: "executable",
    });
  }
  throw new UserError(`${executable} does not work: ${words}.`, {
    hint: hintFor(code),
    section: "executable",
  });
}

/** A system's error is not the fault of the archive. */
function hintFor(code: string): string {
  if (code === "EBUSY" || code === "UNKNOWN") {
    return "Nothing was installed. A virus scanner probably blocks the file: exclude the agent's tools folder, and run the step again.";
  }
  if (/^E[A-Z]+$/.test(code) && causeInWords(code) !== undefined && code !== "ENOENT") {
    return "Nothing was installed. Check the limits and the load of this agent, and run the step again.";
  }
  return "Nothing was installed. The file is not a Databricks CLI that works on this agent.";
}

function refuseOtherPlatform(executable: string, platform: Platform): void {
  const built = builtFor(readHead(executable));
  if (built === undefined || built === nameOf(platform)) return;
  throw new UserError(`${executable} is built for ${built}, but this agent runs ${nameOf(platform)}.`, {
    hint: `Use the release archive for ${nameOf(platform)}.`,
    section: "executable",
  });
}

/** The first bytes; none of a file that cannot be read, whose failed start has already told why. */
function readHead(executable: string): Buffer {
  const head = Buffer.alloc(4096);
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(executable, "r");
    return head.subarray(0, fs.readSync(descriptor, head));
  } catch {
    return head.subarray(0, 0);
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** The platform that an executable was built for, from its first bytes; undefined for an unknown format. */
export function builtFor(head: Buffer): string | undefined {
  if (head.length < 64) return undefined;
  if (head.readUInt32BE(0) === 0x7f454c46) return platformName("linux", elfMachines[head.readUInt16LE(18)]);
  if (head.readUInt32LE(0) === 0xfeedfacf) return platformName("darwin", machCpus[head.readUInt32LE(4)]);
  if (head.toString("latin1", 0, 2) !== "MZ") return undefined;
  const header = head.readUInt32LE(60);
  if (header + 6 > head.length || head.toString("latin1", header, header + 2) !== "PE") return undefined;
  return platformName("windows", peMachines[head.readUInt16LE(header + 4)]);
}

function platformName(os: string, arch: string | undefined): string {
  return `${os}/${arch ?? "another processor architecture"}`;
}
