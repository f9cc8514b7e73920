import { setTimeout as sleep } from "node:timers/promises";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { BundleSummary } from "../../common/databricks/cli/summary.ts";
import { isPageOf } from "../../common/databricks/workspace/address.ts";
import { type WorkspaceConnection, WorkspaceError } from "../../common/databricks/workspace/client.ts";
import { cancelRun, pageOfRun, readRun, runOfUrl, type WorkspaceRun } from "../../common/databricks/workspace/runs.ts";
import { debug, logIssue, print } from "../../common/pipeline/commands.ts";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import { withoutEnd } from "../../common/pipeline/secrets.ts";
import { listSome } from "../listing.ts";
import type { Step } from "../session/step.ts";
import { type AfterCancel, cleanupConnection } from "./cancelled.ts";
import type { Deployment } from "./deploy.ts";
import { shownOutput, tryCommand } from "./run-cli.ts";
import { readSummary } from "./summary.ts";

export interface FinishedRun {
  readonly key: string;
  /** undefined without a page: for apps and scripts, or a run that did not start. */
  readonly url: string | undefined;
  /** Only SUCCESS means that the run succeeded. */
  readonly result: string;
  readonly message: string;
  readonly durationMs: number;
}

type RunEnd = Pick<FinishedRun, "result" | "message">;

const runnableTypes = ["jobs", "pipelines", "apps"];

/**
 * Throws a UserError, before anything is deployed, for keys in the input `run` that the bundle does not have. Returns the
 * resolved bundle; undefined if there are no keys to check.
 */
export async function checkRunKeys(step: Step): Promise<BundleSummary | undefined> {
  if (step.inputs.run.length === 0) return undefined;
  const summary = await readSummary(step, "remote");
  const { resources, scripts } = summary;
  const runnable = resources.filter(({ type }) => runnableTypes.includes(type));
  const known = [...runnable.map(({ type, key }) => `${type}.${key}`), ...scripts];
  const names = new Set([...known, ...runnable.map(({ key }) => key)]);
  const unknown = step.inputs.run.filter((key) => !names.has(key));
  if (unknown.length === 0) return summary;
  throw new UserError(
    `run: the bundle does not contain a job, pipeline, app or script with the key ${unknown.join(", ")}. Nothing was deployed.`,
    {
      hint:
        known.length > 0
          ? `Use one of these keys: ${listSome(known, 10)}.`
          : "The bundle does not contain anything that can be run. Clear the input run.",
      section: "inputs",
    },
  );
}

/** Runs the resources that the input names, one after the other, up to the first that does not succeed. */
export async function runResources(
  step: Step,
  { summary }: Deployment,
  onEnd: (run: FinishedRun) => void,
): Promise<void> {
  for (const key of step.inputs.run) {
    if (!(await runResource(step, key, summary, onEnd))) break;
  }
}

/** Throws a UserError if a run did not succeed. */
export function requireSuccess(runs: readonly FinishedRun[]): void {
  const failed = runs.find(({ result }) => result !== "SUCCESS");
  if (failed === undefined) return;
  const said = failed.message === "" ? "" : `: ${withoutEnd(failed.message, /[.:\s]+$/)}`;
  const end =
    failed.result === "UNKNOWN"
      ? `the result of the run of ${failed.key} is unknown`
      : `the run of ${failed.key} ended with ${failed.result}`;
  throw new UserError(`The bundle was deployed, but ${end}${said}.`, {
    hint: failed.url ? `See ${failed.url}` : "See the CLI output above.",
    section: "run-failed",
  });
}

/** Returns whether the run succeeded. */
async function runResource(
  step: Step,
  key: string,
  summary: BundleSummary,
  onEnd: (run: FinishedRun) => void,
): Promise<boolean> {
  const startedAt = Date.now();
  const output = shownOutput(step);
  const isScript = summary.scripts.includes(key);
  // What a script prints is its own: it announces no run.
  const started = () => (isScript ? undefined : startedRun(step, output.facts));
  const ended = (end: RunEnd) => onEnd({ key, url: started()?.url, ...end, durationMs: Date.now() - startedAt });
  print(`Running ${key}`);
  try {
    const afterCancel = () => afterRunCancel(key, started(), isScript, step.safePointMs);
    const { exitCode, facts } = await tryCommand(step, "run", { arguments: [key], output, afterCancel });
    const end = isScript
      ? scriptEnd(exitCode, facts)
      : await verify(step, { exitCode, run: started(), error: facts.firstError ?? "" }, isApp(key, summary));
    ended(end);
    return end.result === "SUCCESS";
  } catch (error) {
    const run = started();
    if (error instanceof Cancelled && run) ended(await leaveRun(step, run));
    throw error;
  }
}

/** So long the CLI may go on to report a run that it is just starting: the step can only cancel a run that it knows. */
const announcementMs = 2_000;

function afterRunCancel(key: string, run: StartedRun | undefined, isScript: boolean, safePointMs: number): AfterCancel {
  const text = `Canceled while waiting for the run of ${key}${run ? `: ${run.url}` : "."}`;
  return { text, stopAfterMs: run || isScript ? 0 : Math.min(announcementMs, safePointMs) };
}

function isApp(key: string, { resources }: BundleSummary): boolean {
  const resource = resources.find((one) => one.key === key || `${one.type}.${one.key}` === key);
  return resource?.type === "apps";
}

/** The CLI becomes the script, so that the exit code is the script's. */
function scriptEnd(exitCode: number | null, { lastLine }: CliFacts): RunEnd {
  if (exitCode === 0) return { result: "SUCCESS", message: "" };
  return {
    result: exitCode === null ? "no exit code (stopped by a signal)" : `exit code ${exitCode}`,
    message: lastLine,
  };
}

interface Ended {
  readonly exitCode: number | null;
  readonly run: StartedRun | undefined;
  /** The CLI's first error; "" where it printed none. */
  readonly error: string;
}

/** The CLI exits with 0 for ends that are not a success (databricks/cli, bundle/run/job.go): the workspace has the last word. */
async function verify(step: Step, { exitCode, run, error }: Ended, isApp: boolean): Promise<RunEnd> {
  const workspace = step.workspace();
  if (run && workspace) {
    const { result, message } = await endOfRun(step, workspace, run);
    return { result, message: message || (result === "SUCCESS" ? "" : error) };
  }
  if (exitCode !== 0) return { result: "FAILED", message: error };
  if (isApp) return { result: "SUCCESS", message: "" };
  return { result: "UNKNOWN", message: "the CLI did not report a run, so the task cannot check its result" };
}

/** The wait before a run is looked at again grows from the first to the second of these. */
const pollMs = { first: 500, longest: 10_000 };
/** How long the workspace may fail to report the state of a run. */
const patienceMs = 120_000;

/** Waits for the end of a run; the CLI may have stopped watching it while it goes on. */
async function endOfRun(step: Step, workspace: WorkspaceConnection, { run, url }: StartedRun): Promise<RunEnd> {
  let answeredAt = Date.now();
  let said = false;
  for (let waitMs = pollMs.first; ; waitMs = Math.min(2 * waitMs, pollMs.longest)) {
    try {
      const { result, message } = await readRun(workspace, run);
      if (result !== undefined) return { result, message };
      answeredAt = Date.now();
      if (!said) print(`The CLI has stopped watching the run, but the run continues. Waiting for it to end: ${url}`);
      said = true;
    } catch (error) {
      if (step.cancel.aborted) throw new Cancelled();
      const isLasting = error instanceof WorkspaceError && error.status < 500 && error.status !== 429;
      if (isLasting || Date.now() > answeredAt + patienceMs) {
        await leaveRun(step, { run, url });
        return unreported(error);
      }
      debug(String(error));
    }
    await sleep(waitMs, undefined, { signal: step.cancel }).catch(() => {
      throw new Cancelled();
    });
  }
}

function unreported(error: unknown): RunEnd {
  const said = error instanceof Error ? error.message : String(error);
  return { result: "UNKNOWN", message: `the workspace did not report how it ended (${said})` };
}

interface StartedRun {
  readonly run: WorkspaceRun;
  readonly url: string;
}

/**
 * The run that the CLI has announced. The server may use another name of the workspace in the URL, which is replaced with
 * the step's own.
 */
function startedRun(step: Step, { runUrls }: CliFacts): StartedRun | undefined {
  const workspace = step.address();
  for (const url of workspace ? runUrls : []) {
    const run = runOfUrl(url);
    if (run && workspace) return { run, url: isPageOf(url, workspace) ? url : pageOfRun(workspace, run) };
  }
  return undefined;
}

/** The end of a run that the step no longer waits for: it is canceled, unless the inputs let it go on. */
async function leaveRun(step: Step, { run, url }: StartedRun): Promise<RunEnd> {
  if (!step.inputs.cancelRuns) {
    print(`The run goes on, because cancelRuns is false: ${url}`);
    return { result: "UNKNOWN", message: "the step did not wait for its end" };
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
