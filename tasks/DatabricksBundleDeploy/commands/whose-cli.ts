import { runCli } from "../../common/databricks/cli/run.ts";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import { parsedMembers, textOf } from "../../common/pipeline/json.ts";
import { shorten } from "../../common/pipeline/secrets.ts";
import type { Step } from "../session/step.ts";

const answerWithinMs = 30_000;

/** Asks the program for its version; gives an error if it is not a Databricks CLI. */
export async function otherProgram(step: Pick<Step, "cli" | "cancel">): Promise<UserError | undefined> {
  const error = await versionFailure(step);
  if (step.cancel.aborted) throw new Cancelled();
  return error;
}

async function versionFailure({ cli, cancel }: Pick<Step, "cli" | "cancel">): Promise<UserError | undefined> {
  let written = "";
  try {
    const { exitCode, stdout } = await runCli({
      executable: cli.executable,
      arguments: ["version", "--output", "json"],
      workingDirectory: cli.folder,
      environment: cli.environment,
      captureStdout: true,
      onLine(line) {
        written ||= line.trim();
      },
      stops: [cancel, AbortSignal.timeout(answerWithinMs)].map((signal) => ({ signal, afterMs: 0 })),
    });
    if (textOf(parsedMembers(stdout)["Version"]) !== undefined) return undefined;
    const line = shorten(written || stdout.trim().split("\n", 1)[0] || "", longestQuote);
    return notTheCli(cli.executable, `"databricks version" ${endOf(exitCode)}${line ? `: ${line}` : ""}`);
  } catch (error) {
    return startFailure(cli.executable, error);
  }
}

const longestQuote = 200;

function endOf(exitCode: number | null): string {
  if (exitCode === null) return `did not end within ${answerWithinMs / 1000} seconds`;
  return exitCode === 0 ? "reported no version" : `ended with exit code ${exitCode}`;
}

function notTheCli(executable: string, why: string): UserError {
  return new UserError(`${executable} is not a Databricks CLI that works on this agent: ${why}.`, {
    hint: 'Add the step "- task: DatabricksCliInstaller@1" before this one.',
    section: "no-cli",
  });
}

const startFailures: Readonly<Record<string, string>> = {
  ENOENT: "its interpreter or program loader is not on this agent",
  EACCES: "this agent is not allowed to run it, for example because its folder is mounted with noexec",
  EPERM: "this agent is not allowed to run it",
  ENOEXEC: "the system cannot run a file of this kind, which is probably built for another platform",
  EINVAL: "the system cannot run a file of this kind",
};

/** Explains why the system could not start a program; undefined for every other error. */
export function startFailure(executable: string, error: unknown): UserError | undefined {
  const { code = "", syscall = "" } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (!syscall.startsWith("spawn")) return undefined;
  return notTheCli(executable, `it could not be started (${code}: ${startFailures[code] ?? "see the system's error"})`);
}
