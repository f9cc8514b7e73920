import { setTimeout as sleep } from "node:timers/promises";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { RunKind } from "../../common/databricks/cli/run-options.ts";
import { isPageOf } from "../../common/databricks/workspace/address.ts";
import { failureInWords, isLasting, type WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import {
  cancelRun,
  idOfRun,
  pageOfRun,
  readRun,
  resourceOfRun,
  runOfUrl,
  type WorkspaceRun,
} from "../../common/databricks/workspace/runs.ts";
import { debug, logIssue, print } from "../../common/pipeline/commands.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";
import { cleanupConnection } from "./canceled.ts";
import type { TaskStates } from "./task-states.ts";

/** How a run ended, or, with `noWait`, that it was started. */
export interface RunEnd {
  /** Only SUCCESS means that the run succeeded, and STARTED that it was only to be started. */
  readonly result: string;
  readonly message: string;
}

/** Whether a run did what the step was to do with it. */
export function isGood({ result }: Pick<RunEnd, "result">): boolean {
  return result === "SUCCESS" || result === "STARTED";
}

interface Ended {
  readonly exitCode: number | null;
  readonly run: StartedRun | undefined;
  /** The CLI's first error; "" where it printed none. */
  readonly error: string;
  readonly kind: RunKind;
}

/** The CLI exits with 0 for ends that are not a success (databricks/cli, bundle/run/job.go): the workspace has the last word. */
export async function verifiedEnd(
  step: Step,
  { exitCode, run, error, kind }: Ended,
  noteTasks: TaskStates["note"],
): Promise<RunEnd> {
  if (step.inputs.noWait && exitCode === 0 && run) return { result: "STARTED", message: "" };
  const workspace = step.workspace();
  if (run && workspace && !step.inputs.noWait) {
    const { result, message } = await endOfRun(step, workspace, run, noteTasks);
    return { result, message: message || (result === "SUCCESS" ? "" : error) };
  }
  if (exitCode !== 0) return { result: "FAILED", message: error };
  if (kind === "app") return { result: "SUCCESS", message: "" };
  return { result: "UNKNOWN", message: "the CLI did not report a run, so the task cannot check its result" };
}

/** The wait before a run is looked at again grows from the first to the second of these. */
const pollMs = { first: 500, longest: 10_000 };
/** How long the workspace may fail to report the state of a run. */
const patienceMs = 120_000;

/** Waits for the end of a run; the CLI may have stopped watching it while it goes on. */
async function endOfRun(
  step: Step,
  workspace: WorkspaceConnection,
  started: StartedRun,
  noteTasks: TaskStates["note"],
): Promise<RunEnd> {
  const { run, url } = started;
  let answeredAt = Date.now();
  let said = false;
  for (let waitMs = pollMs.first; ; waitMs = Math.min(2 * waitMs, pollMs.longest)) {
    try {
      const { result, message, tasks } = await readRun(workspace, run);
      noteTasks(run, tasks);
      if (result !== undefined) return { result, message };
      answeredAt = Date.now();
      if (!said) print(`The CLI has stopped watching the run, but the run continues. Waiting for it to end: ${url}`);
      said = true;
    } catch (error) {
      if (step.cancel.aborted) throw new Canceled();
      if (isLasting(error) || Date.now() > answeredAt + patienceMs) {
        await leaveRun(step, started);
        return unreported(error);
      }
      debug(String(error));
    }
    await sleep(waitMs, undefined, { signal: step.cancel }).catch(() => {
      throw new Canceled();
    });
  }
}

function unreported(error: unknown): RunEnd {
  return { result: "UNKNOWN", message: `the workspace did not report how it ended (${failureInWords(error)})` };
}

export interface StartedRun {
  readonly run: WorkspaceRun;
  readonly id: string;
  readonly url: string;
}

/**
 * The run of a resource that the CLI has announced. `resourceId` is the ID of the job or pipeline, if it is known. The scripts of a
 * bundle, which come first, can print other runs, and so can the messages of a run, which come last. The server may use another name of
 * the workspace in the URL, which is replaced with the step's own.
 */
export function startedRun(
  step: Pick<Step, "address">,
  { runUrls, script }: Pick<CliFacts, "runUrls" | "script">,
  resourceId: string | undefined,
): StartedRun | undefined {
  const workspace = step.address();
  for (const url of script === undefined ? runUrls : [...runUrls].reverse()) {
    const run = runOfUrl(url);
    if (run && workspace && (resourceId === undefined || resourceOfRun(run) === resourceId)) {
      return { run, id: idOfRun(run), url: isPageOf(url, workspace) ? url : pageOfRun(workspace, run) };
    }
  }
  return undefined;
}

/** The end of a run that the step no longer waits for: it is canceled, unless the inputs let it go on. */
export async function leaveRun(step: Step, { run, url }: StartedRun): Promise<RunEnd> {
  const { cancelRuns, noWait } = step.inputs;
  if (noWait || !cancelRuns) {
    print(`The run goes on, because ${noWait ? "noWait is true" : "cancelRuns is false"}: ${url}`);
    return { result: noWait ? "STARTED" : "UNKNOWN", message: "the step did not wait for its end" };
  }
  try {
    const workspace = cleanupConnection(step);
    if (workspace === undefined) throw new Error("The workspace is unknown.");
    await cancelRun(workspace, run);
    print(`Canceled the run: ${url}`);
    return { result: "CANCELED", message: "" };
  } catch (error) {
    debug(String(error));
    logIssue("warning", `The run could not be canceled and may still be running. Cancel it in the workspace: ${url}`);
    return { result: "UNKNOWN", message: "it could not be canceled and may still be running" };
  }
}
