import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { BundleResource } from "../../common/databricks/cli/summary.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/client.ts";
import { cancelRun, pageOfRun, readRun, runOfUrl, type WorkspaceRun } from "../../common/databricks/workspace/runs.ts";
import { debug, logIssue, print } from "../../common/pipeline/commands.ts";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import { listSome } from "../listing.ts";
import type { Step } from "../session/step.ts";
import { cleanupConnection } from "./cancelled.ts";
import type { Deployment } from "./deploy.ts";
import { shownOutput, tryCommand } from "./run-cli.ts";

export interface FinishedRun {
  readonly key: string;
  /** undefined for what has no page: apps and scripts, or a run that did not start. */
  readonly url: string | undefined;
  /** SUCCESS is the one good end. */
  readonly result: string;
  readonly message: string;
  readonly durationMs: number;
}

type RunEnd = Pick<FinishedRun, "result" | "message">;

/** Runs the resources that the input names, one after the other, up to the first that does not succeed. */
export async function runResources(
  step: Step,
  { summary }: Deployment,
  onEnd: (run: FinishedRun) => void,
): Promise<void> {
  for (const key of step.inputs.run) {
    if (!(await runResource(step, key, summary.resources, onEnd))) break;
  }
}

/** Throws a UserError when a run did not succeed. */
export function requireSuccess(runs: readonly FinishedRun[]): void {
  const failed = runs.find(({ result }) => result !== "SUCCESS");
  if (failed === undefined) return;
  const said = failed.message === "" ? "" : `: ${failed.message.replace(/[.:\s]+$/, "")}`;
  throw new UserError(`The bundle is deployed, but the run of ${failed.key} ended in ${failed.result}${said}.`, {
    hint: failed.url ? `See ${failed.url}` : "The CLI's own output stands above.",
    section: "run-failed",
  });
}

/** Gives whether the run succeeded. */
async function runResource(
  step: Step,
  key: string,
  resources: readonly BundleResource[],
  onEnd: (run: FinishedRun) => void,
): Promise<boolean> {
  const startedAt = Date.now();
  const output = shownOutput(step);
  const started = () => startedRun(step, output.facts);
  const ended = (end: RunEnd) => onEnd({ key, url: started()?.url, ...end, durationMs: Date.now() - startedAt });
  print(`Running ${key}`);
  try {
    const { exitCode, facts } = await tryCommand(step, "run", { arguments: [key], output });
    const end = await verify(step, { key, exitCode, run: started()?.run, resources, error: facts.firstError ?? "" });
    ended(end);
    return end.result === "SUCCESS";
  } catch (error) {
    const run = started();
    if (error instanceof Cancelled && run) ended(await cancelOwnRun(step, run));
    throw error;
  }
}

interface Ended {
  readonly key: string;
  readonly exitCode: number | null;
  readonly run: WorkspaceRun | undefined;
  readonly resources: readonly BundleResource[];
  /** The CLI's first error; "" where it printed none. */
  readonly error: string;
}

/** The CLI exits with 0 for ends that are no success (databricks/cli, bundle/run/job.go): the workspace has the last word. */
async function verify(step: Step, ended: Ended): Promise<RunEnd> {
  const { key, exitCode, run, resources, error } = ended;
  const resource = resources.find((one) => one.key === key || `${one.type}.${one.key}` === key);
  const workspace = step.workspace();
  if (run && workspace) {
    const { result, message } = await stateOf(workspace, run);
    return { result, message: message || (result === "SUCCESS" ? "" : error) };
  }
  if (exitCode !== 0) return { result: "FAILED", message: error + (resource ? "" : runnable(resources)) };
  if (resource?.type !== "jobs" && resource?.type !== "pipelines") return { result: "SUCCESS", message: "" };
  return { result: "UNKNOWN", message: "the CLI named no run that the workspace could be asked about" };
}

async function stateOf(workspace: WorkspaceConnection, run: WorkspaceRun): Promise<RunEnd> {
  try {
    const { result = "RUNNING", message } = await readRun(workspace, run);
    return { result, message };
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    const said = error instanceof Error ? error.message : String(error);
    return { result: "UNKNOWN", message: `the workspace does not say how it ended (${said})` };
  }
}

/** What could have been meant by a key that is none of the bundle's. */
function runnable(resources: readonly BundleResource[]): string {
  const keys = resources
    .filter(({ type }) => ["jobs", "pipelines", "apps"].includes(type))
    .map(({ type, key }) => `${type}.${key}`);
  return keys.length > 0 ? `; the bundle has ${listSome(keys, 10)}` : "";
}

interface StartedRun {
  readonly run: WorkspaceRun;
  readonly url: string;
}

/**
 * The run that the CLI has announced. The server may do so by another name of the workspace's: the page is that of the
 * step's own.
 */
function startedRun(step: Step, { runUrls }: CliFacts): StartedRun | undefined {
  const host = step.host();
  for (const url of host ? runUrls : []) {
    const run = runOfUrl(url);
    if (run && host) return { run, url: new URL(url).origin === host ? url : pageOfRun(host, run) };
  }
  return undefined;
}

async function cancelOwnRun(step: Step, { run, url }: StartedRun): Promise<RunEnd> {
  try {
    const workspace = cleanupConnection(step);
    if (workspace === undefined) throw new Error("The workspace is not known.");
    await cancelRun(workspace, run);
    print(`The run was cancelled: ${url}`);
    return { result: "CANCELED", message: "" };
  } catch (error) {
    debug(String(error));
    logIssue("warning", `The run could not be cancelled and may go on: ${url}`);
    return { result: "UNKNOWN", message: "it could not be cancelled and may go on" };
  }
}
