import { askVersion, type NoVersion, notStarted } from "../../common/databricks/cli/ask-version.ts";
import { cliFailures } from "../../common/failures/cli.ts";
import { knownError } from "../../common/failures/failure.ts";
import { Canceled, type UserError } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";

const answerWithinMs = 30_000;

/** Asks the program for its version; returns an error if it is not a Databricks CLI. */
export async function otherProgram({ cli, cancel }: Pick<Step, "cli" | "cancel">): Promise<UserError | undefined> {
  const { executable, environment } = cli;
  const answer = await askVersion({ executable, environment, withinMs: answerWithinMs, cancel });
  if (cancel.aborted) throw new Canceled();
  return typeof answer === "string" ? undefined : notTheCli(executable, answer);
}

/** Explains why the system could not start a program; undefined for every other error. */
export function startFailure(executable: string, error: unknown): UserError | undefined {
  const { syscall = "" } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  return syscall.startsWith("spawn") ? notTheCli(executable, notStarted(error)) : undefined;
}

function notTheCli(executable: string, { legacy, words }: NoVersion): UserError {
  const id = legacy === undefined ? "other-program" : "legacy-cli";
  return knownError(cliFailures, id, { executable, words: (legacy ?? words).replace(/\.$/, "") });
}
