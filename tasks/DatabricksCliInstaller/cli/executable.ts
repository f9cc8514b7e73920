import { type ExecFileException, execFile } from "node:child_process";
import fs from "node:fs";
import clean from "semver/functions/clean.js";
import { withoutAgentSecrets } from "../../common/pipeline/environment.ts";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import { parsedMembers } from "../../common/pipeline/json.ts";
import { shorten } from "../../common/pipeline/secrets.ts";
import type { Platform } from "../platform.ts";

const answerWithinMs = 60_000;

const elfMachines: Record<number, string> = { 62: "amd64", 183: "arm64", 3: "386", 40: "arm" };
const machCpus: Record<number, string> = { 16777223: "amd64", 16777228: "arm64" };
const peMachines: Record<number, string> = { 34404: "amd64", 43620: "arm64", 332: "386" };

/** Why a program did not report a version: `code` is the system's error or the exit code, `text` is what it wrote. */
export interface NoVersion {
  readonly code: string;
  readonly text: string;
}

/** Runs `version --output json`; gives the version that the executable reports. Never throws. */
export function askVersion(executable: string, signal: AbortSignal): Promise<string | NoVersion> {
  const options = { env: withoutAgentSecrets(process.env), signal, timeout: answerWithinMs, windowsHide: true };
  return new Promise((resolve) => {
    try {
      execFile(executable, ["version", "--output", "json"], options, (error, stdout, stderr) => {
        if (error) resolve(noVersion(error, stderr));
        else resolve(versionIn(stdout) ?? { code: "0", text: firstLine(stdout) });
      });
    } catch (error) {
      // Node passes only some errors of starting a program to the callback, and throws the others.
      resolve(noVersion(error as ExecFileException, ""));
    }
  });
}

function noVersion(error: ExecFileException, stderr: string): NoVersion {
  return { code: String(error.code ?? error.signal ?? "no exit code"), text: firstLine(stderr || error.message) };
}

function versionIn(output: string): string | undefined {
  const version = parsedMembers(output)["Version"];
  return typeof version === "string" ? (clean(version) ?? undefined) : undefined;
}

function firstLine(text: string): string {
  return shorten(text.trim().split(/\r?\n/, 1)[0] ?? "", 300);
}

/** Runs an executable; gives the version that it reports. Throws a UserError when it cannot run or is not a Databricks CLI. */
export async function runnableVersion(executable: string, platform: Platform, cancel: AbortSignal): Promise<string> {
  const answer = await askVersion(executable, cancel);
  if (cancel.aborted) throw new Cancelled();
  return typeof answer === "string" ? answer : refuse(executable, platform, answer);
}

function refuse(executable: string, platform: Platform, { code, text }: NoVersion): never {
  const built = builtFor(readHead(executable));
  if (built !== undefined && built !== nameOf(platform)) {
    throw new UserError(`${executable} is built for ${built}, but this agent runs ${nameOf(platform)}.`, {
      hint: `Use the release archive for ${nameOf(platform)}.`,
      section: "executable",
    });
  }
  if (code === "EACCES" || code === "EPERM") {
    throw new UserError(`This agent is not allowed to run ${executable} (${code}).`, {
      hint: "Its folder is probably mounted with noexec, or a security tool blocks it. Set AGENT_TOOLSDIRECTORY to a folder where programs may run.",
      section: "executable",
    });
  }
  throw new UserError(`${executable} did not report its version: it ended with ${code}: ${text}`, {
    hint: "Nothing was installed. The file is not a Databricks CLI that works on this agent.",
    section: "executable",
  });
}

function readHead(executable: string): Buffer {
  const head = Buffer.alloc(4096);
  const descriptor = fs.openSync(executable, "r");
  try {
    return head.subarray(0, fs.readSync(descriptor, head));
  } finally {
    fs.closeSync(descriptor);
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

/** The agent's platform in the same form. */
export function nameOf(platform: Pick<Platform, "os" | "arch">): string {
  return `${platform.os}/${platform.arch}`;
}

function platformName(os: string, arch: string | undefined): string {
  return `${os}/${arch ?? "another processor architecture"}`;
}
