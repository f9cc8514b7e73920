import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { BundleSummary } from "../../common/databricks/cli/summary.ts";
import { print } from "../../common/pipeline/commands.ts";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import { withoutEnd } from "../../common/pipeline/secrets.ts";
import type { Step } from "../session/step.ts";
import type { AfterCancel } from "./cancelled.ts";
import type { Deployment } from "./deploy.ts";
import { shownOutput, tryCommand } from "./run-cli.ts";
import { leaveRun, type RunEnd, type StartedRun, startedRun, verify } from "./run-end.ts";

export interface FinishedRun extends RunEnd {
  readonly key: string;
  /** undefined without a page: for apps and scripts, or a run that did not start. */
  readonly url: string | undefined;
  readonly durationMs: number;
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
