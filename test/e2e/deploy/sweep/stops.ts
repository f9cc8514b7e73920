import fs from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Agent, Job, JobProcess } from "../../../lab/agent/agent.ts";
import { killAll } from "../../../lab/agent/job/orphans.ts";
import type { Checkpoint, RecordedRequest } from "../../../lab/workspace/workspace.ts";

/** How a step is stopped. */
export const ways = ["cancel", "kill of the CLI", "kill of the task", "lost machine"] as const;

export type Way = (typeof ways)[number];

/** Whether the n-th request never reaches the workspace, or its answer has just been delivered. */
export const moments = ["before", "after"] as const;

export type Moment = (typeof moments)[number];

/**
 * How long after a moment has come the step is stopped, in milliseconds. An answer passes through TLS and the proxy, the CLI
 * flushes the line of its log, and the task copies it.
 */
export const usualWaitMs: Readonly<Record<Moment, number>> = { before: 0, after: 50 };

/** A step that runs and can be stopped. */
export interface StoppableStep {
  readonly agent: Agent;
  readonly job: Job;
  /** Resolves when the step has ended, in whichever way. */
  readonly ended: Promise<unknown>;
  /** Called just before it is stopped; after a cancel, when the CLI has ended. */
  onStop(): void;
  /** Called when its task has ended by itself, before the agent ends the job and with it what the step has left. */
  onEnd(): Promise<void>;
  /** Cancels it as the agent does: SIGINT, then SIGTERM, then SIGKILL. */
  cancel(): void;
}

/** Whether the CLI made a request, and not the task itself. */
export function isOfCli({ userAgent }: RecordedRequest): boolean {
  return userAgent?.startsWith("cli/") === true;
}

/** An answer that was sent so recently before the stop may not have arrived in the CLI's log, in milliseconds. */
const loggedAfterMs = 50;

/**
 * What the CLI of a service principal was changing in the workspace's resources when it was stopped, given all requests until
 * the next step: the workspace has made the change, but the CLI's log need not contain it yet.
 */
export function changesInFlight(
  requests: readonly RecordedRequest[],
  { of, met, at }: { of: string; met: RecordedRequest | undefined; at: number },
): string[] {
  // For the answer to the request that the stop was waiting for, the CLI has had its time.
  const changes = requests
    .filter((request) => request.subject === of && request !== met && isOfCli(request))
    .filter(({ method, path }) => method !== "GET" && /\/(jobs|pipelines|unity-catalog)\b/.test(path));
  // A request that never gets to the workspace has no answer. One can get there later, also from a CLI that has outlived its task.
  return changes
    .filter(({ answeredAt = 0 }) => answeredAt > at - loggedAfterMs)
    .map(({ method, path }) => `${method} ${path}`);
}

/**
 * Stops a step that has reached a checkpoint, and ends its job. Requests that are held before the workspace never get there, with
 * one exception: a step that is canceled after an answer goes on, so that its CLI can end by itself within the grace.
 */
export async function stopStep(
  step: StoppableStep,
  { way, moment, waitMs = usualWaitMs[moment] }: { way: Way; moment: Moment; waitMs?: number },
  checkpoint: Checkpoint,
): Promise<void> {
  const { agent, job } = step;
  await checkpoint.reached;
  if (waitMs > 0) await delay(waitMs);
  step.onStop();
  switch (way) {
    case "cancel":
      noteEnd(
        job.processes().filter(({ command }) => isCli(command)),
        step,
      );
      step.cancel();
      if (moment === "after") checkpoint.end(() => "forward");
      break;
    case "kill of the CLI":
      kill(job, isCli);
      // The task lives on, and what it asked for itself goes on too.
      checkpoint.end((one) => (isOfCli(one) ? "drop" : "forward"));
      break;
    case "kill of the task":
      kill(job, (command) => !isCli(command) && command.includes("DatabricksBundleDeploy"));
      break;
    case "lost machine":
      agent.lose();
      break;
  }
  await step.ended;
  if (way === "cancel" || way === "kill of the CLI") await step.onEnd();
  if (way !== "lost machine") await job.finish();
  checkpoint.end(() => "drop");
}

/** The task decides when the CLI ends. */
async function noteEnd(processes: readonly JobProcess[], { ended, onStop }: StoppableStep): Promise<void> {
  let isOver = false;
  ended.then(() => {
    isOver = true;
  });
  while (!isOver && processes.some(({ pid }) => fs.existsSync(`/proc/${pid}/exe`))) await delay(5);
  if (processes.length > 0) onStop();
}

function kill(job: Job, choose: (command: string) => boolean): void {
  killAll(job.processes().filter(({ command }) => choose(command)));
}

function isCli(command: string): boolean {
  return /^\S*\/databricks /.test(command);
}
