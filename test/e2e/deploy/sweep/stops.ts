import { setTimeout as delay } from "node:timers/promises";
import type { Agent, Job } from "../../../lab/agent/agent.ts";
import type { Checkpoint, RecordedRequest } from "../../../lab/workspace/workspace.ts";

/** How a step is stopped. */
export const ways = ["cancel", "kill of the CLI", "kill of the task", "lost machine"] as const;

export type Way = (typeof ways)[number];

/** Whether the n-th request never reaches the workspace, or its answer has just been delivered. */
export const moments = ["before", "after"] as const;

export type Moment = (typeof moments)[number];

/**
 * How long after the n-th answer was sent the step is stopped, in milliseconds: the answer passes through TLS and the proxy, the
 * CLI flushes the line of its log, and the task copies it.
 */
export const deliveryMs = 50;

/** A step that runs and can be stopped. */
export interface StoppableStep {
  readonly agent: Agent;
  readonly job: Job;
  /** Resolves when the step has ended, in whichever way. */
  readonly ended: Promise<unknown>;
  /** Cancels it as the agent does: SIGINT, then SIGTERM, then SIGKILL. */
  cancel(): void;
}

/** Whether the CLI made a request, and not the task itself. */
export function isOfCli({ userAgent }: RecordedRequest): boolean {
  return userAgent?.startsWith("cli/") === true;
}

/**
 * Stops a step that has reached a checkpoint, and ends its job. Requests that are held before the workspace never get there, with
 * one exception: a step that is cancelled after an answer goes on, so that its CLI can end by itself within the grace.
 */
export async function stopStep(
  step: StoppableStep,
  { way, moment, waitMs = deliveryMs }: { way: Way; moment: Moment; waitMs?: number },
  checkpoint: Checkpoint,
): Promise<void> {
  const { agent, job } = step;
  const request = await checkpoint.reached;
  if (moment === "after") await delay(waitMs);
  switch (way) {
    case "cancel":
      step.cancel();
      if (moment === "after") checkpoint.end("forward");
      break;
    case "kill of the CLI":
      kill(job, isCli);
      // The task lives on, and what it asked for itself goes on too.
      checkpoint.end(isOfCli(request) ? "drop" : "forward");
      break;
    case "kill of the task":
      kill(job, (command) => !isCli(command) && command.includes("DatabricksBundleDeploy"));
      break;
    case "lost machine":
      agent.lose();
      break;
  }
  await step.ended;
  if (way !== "lost machine") await job.finish();
  checkpoint.end("drop");
}

function kill(job: Job, choose: (command: string) => boolean): void {
  for (const { pid } of job.processes().filter(({ command }) => choose(command))) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself since.
    }
  }
}

function isCli(command: string): boolean {
  return /^\S*\/databricks /.test(command);
}
