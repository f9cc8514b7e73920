import { setTimeout as delay } from "node:timers/promises";
import type { StepContext } from "../step/context.ts";
import { OperationCanceled } from "./cancel.ts";

const maxRetries = 10;

/** A failure of the process itself, reported as an error of the step. */
export class StepFailure extends Error {}

/**
 * Runs attempts until one does not fail, waiting 1, 4, 9, … seconds between them. A result that an attempt reported
 * before its process failed stays (agent: RetryHelper.cs).
 */
export async function retryOnFailure(
  step: StepContext,
  retries: number,
  cancellation: AbortSignal,
  attempt: () => Promise<void>,
): Promise<void> {
  const limit = Math.min(retries, maxRetries);
  if (retries > maxRetries) {
    const decreased = `Retry attempts count will be decreased to ${maxRetries}.`;
    step.warning(`The maximum allowed number of attempts is ${maxRetries} but got ${retries}. ${decreased}`);
  }
  for (let retry = 0; ; retry++) {
    const delayMs = (retry + 1) ** 2 * 1_000;
    const next = `will retry (attempt #: ${retry + 1}`;
    try {
      await attempt();
      if (step.result !== "Failed" || retry >= limit) return;
      step.result = undefined;
      step.warning(`RetryHelper encountered task failure, ${next} out of ${limit}) after ${delayMs} ms`);
    } catch (error) {
      if (!(error instanceof StepFailure) || retry >= limit) throw error;
      step.warning(`RetryHelper encountered exception, ${next} ${error.message}) afer ${delayMs} ms`);
    }
    await wait(delayMs, cancellation);
  }
}

async function wait(ms: number, cancellation: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal: cancellation });
  } catch {
    throw new OperationCanceled();
  }
}
