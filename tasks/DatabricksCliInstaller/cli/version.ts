import { execFile } from "node:child_process";
import clean from "semver/functions/clean.js";
import { withoutAgentSecrets } from "../../common/pipeline/environment.ts";

const answerWithinMs = 60_000;

/** Why a program gave no version: `code` is the system's error or the exit code, `text` what it wrote. */
export interface NoVersion {
  readonly code: string;
  readonly text: string;
}

/** The version that an executable reports with `version --output json`. */
export function askVersion(executable: string, signal: AbortSignal): Promise<string | NoVersion> {
  const options = { env: withoutAgentSecrets(process.env), signal, timeout: answerWithinMs, windowsHide: true };
  return new Promise((resolve) => {
    execFile(executable, ["version", "--output", "json"], options, (error, stdout, stderr) => {
      if (error)
        resolve({
          code: String(error.code ?? error.signal ?? "no exit code"),
          text: firstLine(stderr || error.message),
        });
      else resolve(versionIn(stdout) ?? { code: "0", text: firstLine(stdout) });
    });
  });
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
