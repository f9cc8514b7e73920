import { type ExecFileException, execFile } from "node:child_process";
import clean from "semver/functions/clean.js";
import { withoutAgentSecrets } from "../../common/pipeline/environment.ts";

const answerWithinMs = 60_000;

/** Why a program gave no version: `code` is the system's error or the exit code, `text` what it wrote. */
export interface NoVersion {
  readonly code: string;
  readonly text: string;
}

/** The version that an executable reports with `version --output json`; never throws. */
export function askVersion(executable: string, signal: AbortSignal): Promise<string | NoVersion> {
  const options = { env: withoutAgentSecrets(process.env), signal, timeout: answerWithinMs, windowsHide: true };
  return new Promise((resolve) => {
    try {
      execFile(executable, ["version", "--output", "json"], options, (error, stdout, stderr) => {
        if (error) resolve(noVersion(error, stderr));
        else resolve(versionIn(stdout) ?? { code: "0", text: firstLine(stdout) });
      });
    } catch (error) {
      // Node throws most of the system's refusals to start a program, and hands only some to the callback.
      resolve(noVersion(error as ExecFileException, ""));
    }
  });
}

function noVersion(error: ExecFileException, stderr: string): NoVersion {
  return { code: String(error.code ?? error.signal ?? "no exit code"), text: firstLine(stderr || error.message) };
}

function versionIn(output: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(output);
    if (typeof answer !== "object" || answer === null || !("Version" in answer)) return undefined;
    return clean(String(answer.Version)) ?? undefined;
  } catch {
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.trim().split(/\r?\n/, 1)[0]?.slice(0, 300) ?? "";
}
