import { setTimeout as sleep } from "node:timers/promises";
import { Canceled } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";
import { type CommandOptions, runCommand } from "./run-cli.ts";

/** How long the CLI may wait for its first token. Its SDK gives up after ten seconds, and the CLI would go on without one. */
const longestWaitMs = 5_000;

/** The CLI would have to wait too long. */
class TooLong extends Error {}

/**
 * Runs a command of the CLI that needs the state that `prepare` prepares. The CLI starts at once, because it takes a while to load the
 * bundle; if the preparation takes longer than `withinMs` milliseconds, it is stopped, and starts again after it. Returns and throws
 * what runCommand does, throws what `prepare` throws, and never ends before `prepare`.
 */
export async function runWhilePreparing(
  step: Step,
  command: string,
  options: CommandOptions,
  prepare: () => Promise<void>,
  withinMs = longestWaitMs,
): Promise<string> {
  const prepared = unlessCanceled(step, prepare());
  // A script that runs before the CLI signs in may do anything.
  if (!step.declared.hasPreinit) {
    const begin = inTime(prepared, withinMs);
    // Until the CLI has a token, it changes nothing and does not look at its state (CLI 0.299 to 1.13: cmd/root/bundle.go asks for
    // a token in configureBundle; bundle/statemgmt/state_pull.go comes later).
    step.metadataService.holdUntil(begin);
    try {
      return await runCommand(step, command, { ...options, begin });
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
    } finally {
      await prepared.catch(() => undefined);
    }
  }
  await prepared;
  step.metadataService.holdUntil(prepared);
  return runCommand(step, command, options);
}

async function unlessCanceled({ cancel }: Step, work: Promise<void>): Promise<void> {
  await work;
  if (cancel.aborted) throw new Canceled();
}

/** Rejects with TooLong if a work takes longer than `withinMs`, whatever becomes of it. */
async function inTime(work: Promise<void>, withinMs: number): Promise<void> {
  const late = new AbortController();
  const limit = sleep(withinMs, undefined, { signal: late.signal, ref: false }).then(() => {
    throw new TooLong("The preparation takes longer than the CLI may wait.");
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    late.abort();
  }
}
