import { closeSync, openSync, readSync } from "node:fs";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import type { Platform } from "../platform.ts";
import { askVersion, type NoVersion } from "./executable.ts";
import { builtFor, nameOf } from "./executable-format.ts";

/** Runs an executable; gives the version it reports, throws a UserError when it cannot run or is no Databricks CLI. */
export async function runnableVersion(executable: string, platform: Platform, cancel: AbortSignal): Promise<string> {
  const answer = await askVersion(executable, cancel);
  if (cancel.aborted) throw new Cancelled();
  return typeof answer === "string" ? answer : refuse(executable, platform, answer);
}

function refuse(executable: string, platform: Platform, { code, text }: NoVersion): never {
  const built = builtFor(readHead(executable));
  if (built !== undefined && built !== nameOf(platform)) {
    throw new UserError(`${executable} is built for ${built}; this agent runs ${nameOf(platform)}.`, {
      hint: `Use the release archive for ${nameOf(platform)}.`,
      section: "executable",
    });
  }
  if (code === "EACCES" || code === "EPERM") {
    throw new UserError(`${executable} may not be run on this agent (${code}).`, {
      hint: "Its folder is probably mounted with noexec, or a security tool forbids it: set AGENT_TOOLSDIRECTORY to a folder where programs may run.",
      section: "executable",
    });
  }
  throw new UserError(`${executable} does not say its version: it ended with ${code}: ${text}`, {
    hint: "It is no working Databricks CLI for this agent. Nothing was installed.",
    section: "executable",
  });
}

function readHead(executable: string): Buffer {
  const head = Buffer.alloc(4096);
  const descriptor = openSync(executable, "r");
  try {
    return head.subarray(0, readSync(descriptor, head));
  } finally {
    closeSync(descriptor);
  }
}
