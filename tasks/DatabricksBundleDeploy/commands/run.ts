import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { RunKind } from "../../common/databricks/cli/run-options.ts";
import type { BundleSummary } from "../../common/databricks/cli/summary.ts";
import { print } from "../../common/pipeline/commands.ts";
import { Canceled, UserError } from "../../common/pipeline/errors.ts";
import { withoutEnd } from "../../common/pipeline/secrets.ts";
import type { Step } from "../session/step.ts";
import type { AfterCancel } from "./canceled.ts";
import { shownOutput, tryCommand } from "./run-cli.ts";
import { isGood, leaveRun, type RunEnd, type StartedRun, startedRun, verifiedEnd } from "./run-end.ts";
import { type RunTarget, runWords, targetOf } from "./run-targets.ts";
import { followTasks, type ReportedTask } from "./task-states.ts";

/** What became of a line of the input `run`. */
export interface RunOutcome extends RunEnd {
  /** As given. */
  readonly key: string;
  readonly kind: RunKind;
  /** ID of a job's run or a pipeline's update; undefined for apps and scripts, or a run that did not start. */
  readonly runId: string | undefined;
  /** Its page in the workspace. */
  readonly url: string | undefined;
  /** How long the step was busy with it. */
  readonly durationMs: number;
  /** Of a job's run, as the step saw them last. */
  readonly tasks: readonly ReportedTask[];
}

/** Runs what the input names, one after the other, up to the first that does not succeed. With `noWait`, only starts it. */
export async function runResources(
  step: Step,
  summary: BundleSummary,
  onEnd: (run: RunOutcome) => void,
): Promise<void> {
  for (const line of step.inputs.run) {
    // A key that is gone since it was checked is refused by the CLI.
    const target = targetOf(line, summary) ?? { ...line, kind: "job", resource: undefined };
    if (!(await runTarget(step, target, onEnd))) break;
  }
}

/** Throws a UserError if a run did not succeed. */
export function requireSuccess({ inputs }: Step, runs: readonly RunOutcome[]): void {
  const failed = runs.find((run) => !isGood(run));
  if (failed === undefined) return;
  const said = failed.message === "" ? "" : `: ${withoutEnd(failed.message, /[.:\s]+$/)}`;
  const end = endText(failed);
  const text = inputs.command === "run" ? end : `The bundle was deployed, but ${end.replace("The", "the")}`;
  throw new UserError(`${text}${said}.`, { hint: endHint(failed), section: "run-failed" });
}

/** Whether the CLI has failed without a word about the run of a job or pipeline: it reports a run with its first state. */
function isUnreported({ kind, runId, result }: RunOutcome): boolean {
  return (kind === "job" || kind === "pipeline") && runId === undefined && result === "FAILED";
}

function endText(run: RunOutcome): string {
  if (run.result === "UNKNOWN") return `The result of the run of ${run.key} is unknown`;
  if (isUnreported(run)) return `The CLI did not report a run of ${run.key}`;
  return `The run of ${run.key} ended with ${run.result}`;
}

function endHint(run: RunOutcome): string {
  if (run.url) return `See ${run.url}`;
  const lost =
    "It may have started nevertheless if the workspace or the connection failed: look before you run the step again.";
  return `See the CLI output above.${isUnreported(run) ? ` ${lost}` : ""}`;
}

/** Returns whether the run succeeded. */
async function runTarget(step: Step, target: RunTarget, onEnd: (run: RunOutcome) => void): Promise<boolean> {
  if (step.cancel.aborted) throw new Canceled();
  const startedAt = Date.now();
  const { key, kind } = target;
  const output = shownOutput(step);
  // What a script prints is its own: it announces no run.
  const started = () => (kind === "script" ? undefined : startedRun(step, output.facts, target.resource?.id));
  const words = runWords(target, step.inputs);
  print(`${step.inputs.noWait ? "Starting" : "Running"} ${words.join(" ")}`);
  const states = followTasks(step, () => (step.inputs.noWait ? undefined : started()?.run));
  const ended = (end: RunEnd) => {
    const { id, url } = started() ?? {};
    onEnd({ key, kind, runId: id, url, ...end, durationMs: Date.now() - startedAt, tasks: states.tasks });
  };
  try {
    const afterCancel = () => afterRunCancel(key, started(), kind, step.safePointMs);
    const { exitCode, facts } = await tryCommand(step, "run", { arguments: words, output, afterCancel });
    states.stop();
    const end =
      kind === "script"
        ? scriptEnd(exitCode, facts)
        : await verifiedEnd(step, { exitCode, run: started(), error: facts.firstError ?? "", kind }, states.note);
    ended(end);
    return isGood(end);
  } catch (error) {
    const run = started();
    if (error instanceof Canceled && run) ended(await leaveRun(step, run));
    else if (error instanceof Canceled && kind !== "script") print(mayGoOn(key, kind));
    throw error;
  } finally {
    states.stop();
  }
}

/** So long the CLI may go on to report a run that it is just starting: the step can only cancel a run that it knows. */
const announcementMs = 2_000;

function afterRunCancel(key: string, run: StartedRun | undefined, kind: RunKind, safePointMs: number): AfterCancel {
  const text = `Canceled while waiting for the run of ${key}${run ? `: ${run.url}` : "."}`;
  return { text, stopAfterMs: run || kind === "script" ? 0 : Math.min(announcementMs, safePointMs) };
}

/** What the step could not cancel, because the CLI has not reported it. */
function mayGoOn(key: string, kind: RunKind): string {
  if (kind === "app")
    return `The step does not cancel what the CLI has begun with the app ${key}: look at it in the workspace.`;
  return `The CLI has not reported a run of ${key}. It may have started one, which then goes on: look in the workspace.`;
}

/** The CLI becomes the script, so that the exit code is the script's. */
function scriptEnd(exitCode: number | null, { lastLine }: CliFacts): RunEnd {
  if (exitCode === 0) return { result: "SUCCESS", message: "" };
  return {
    result: exitCode === null ? "no exit code (stopped by a signal)" : `exit code ${exitCode}`,
    message: lastLine,
  };
}
