import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { type JobState, setJobResult } from "../job/job.ts";
import { folderDigest, newPaths, snapshotFolder } from "../machine/folders.ts";
import type { TaskDefinition } from "../server/task-definition.ts";
import type { StepStage } from "../step/accepted.ts";
import { type StepContext, summaryType } from "../step/context.ts";
import {
  type ExpansionSources,
  expand,
  referencedConnections,
  resolveInputs,
  resolveStepEnvironment,
} from "../step/inputs.ts";
import { mergeResults } from "../step/result.ts";
import type { Issue, StepResult } from "../types.ts";
import { type AttemptSettings, runAttempt } from "./attempt.ts";
import { OperationCanceled } from "./cancel.ts";
import { retryOnFailure, StepFailure } from "./retry.ts";

/** Keys that the task library leaves: for the secrets, and for the password of the agent's proxy, that it has in memory. */
const libraryKeys: ReadonlySet<string> = new Set([".taskkey", "proxy"]);

/** Runs one stage of a step from "Starting" to "Finishing" (agent: StepsRunner.cs, TaskRunner.cs). */
export async function runStage(job: JobState, stage: StepStage): Promise<StepResult> {
  const { context, displayName, step } = stage;
  const { settings, task } = step;
  const started = performance.now();
  const tempBefore = snapshotFolder(job.machine.folders.temp);
  if (isSkipped(job, stage)) {
    context.result = "Skipped";
  } else {
    for (const warning of job.variables.recalculate()) context.warning(warning);
    context.write(`Starting: ${displayName}`, "##[section]");
    await runCancellable(stage);
    context.result = context.finalResult(settings.continueOnError === true);
    context.write(`Finishing: ${displayName}`, "##[section]");
    updateJobResult(job, context);
  }
  const tempAfter = snapshotFolder(job.machine.folders.temp);
  return {
    ...collect(context),
    durationMs: performance.now() - started,
    leftInTemp: newPaths(tempBefore, tempAfter).filter((path) => !libraryKeys.has(path)),
    taskFolderChanged: folderDigest(task.folder) !== task.digest,
  };
}

/** Whether a step's condition is false. A post-job stage runs always (agent: JobExtension.cs). */
function isSkipped(job: JobState, { stage, step }: StepStage): boolean {
  if (stage === "postjobexecution") return false;
  const { cancel, condition } = step.settings;
  if (cancel?.aborted) setJobResult(job, "Canceled");
  if (condition === undefined || condition === "always()") return condition === undefined && cancel?.aborted === true;
  return job.result === "Canceled" || (job.result === "Failed" && condition === "succeeded()");
}

async function runCancellable(stage: StepStage): Promise<void> {
  const { timeoutMs } = stage.step.settings;
  // A cancel of the job ends the main steps; what runs after them has a time limit only.
  const cancel = stage.stage === "postjobexecution" ? undefined : stage.step.settings.cancel;
  const cancellation = new AbortController();
  const onCancel = () => {
    setJobResult(stage.context.job, "Canceled");
    stage.context.error("The Operation will be canceled. The next steps may not contain expected logs.");
    cancellation.abort();
  };
  cancel?.addEventListener("abort", onCancel, { once: true });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => cancellation.abort(), timeoutMs);
  try {
    await runTask(stage, cancellation.signal);
  } catch (error) {
    failStep(stage.context, error, cancel?.aborted === true);
  } finally {
    clearTimeout(timer);
    cancel?.removeEventListener("abort", onCancel);
  }
}

function failStep(context: StepContext, error: unknown, jobCanceled: boolean): void {
  if (error instanceof OperationCanceled) {
    context.error(jobCanceled ? error.message : "The task has timed out.");
    context.result = jobCanceled ? "Canceled" : "Failed";
  } else if (error instanceof StepFailure) {
    context.error(error.message);
    context.result = "Failed";
  } else {
    throw error;
  }
}

async function runTask(stage: StepStage, cancellation: AbortSignal): Promise<void> {
  const { context, step } = stage;
  const { variables } = context.job;
  const scope = stepVariables(stage);
  for (const [name, value] of Object.entries(scope)) variables.set(name, value, { readOnly: true });
  try {
    writeBanner(context, step.task.definition);
    if (context.job.machine.alwaysExtractsTasks) step.task.extract();
    const attempt = prepareAttempts(stage);
    if (attempt.connections.length > 0 && isRestrictedFork(context.job)) {
      context.result = "Skipped";
      return;
    }
    const retries = step.settings.retryCountOnTaskFailure ?? 0;
    await retryOnFailure(context, retries, cancellation, () => runAttempt(context, attempt, cancellation));
  } finally {
    for (const name of Object.keys(scope)) variables.delete(name);
  }
}

function stepVariables({ context, displayName }: StepStage): Record<string, string> {
  return {
    "task.displayName": displayName,
    "task.publishTelemetry": "False",
    "task.skipTranslatorForCheckout": "False",
    "system.taskInstanceId": randomUUID(),
    "system.taskInstanceName": context.options.name,
    "system.taskDisplayName": displayName,
  };
}

function writeBanner(context: StepContext, task: TaskDefinition): void {
  const rule = "=".repeat(78);
  context.writeUnmasked(rule);
  context.writeUnmasked(`Task         : ${task.friendlyName}`);
  context.writeUnmasked(`Description  : ${task.description}`);
  context.writeUnmasked(`Version      : ${task.version.full}`);
  context.writeUnmasked(`Author       : ${task.author}`);
  context.writeUnmasked(`Help         : ${task.help}`);
  context.writeUnmasked(rule);
}

function prepareAttempts({ context, handler, stage, step }: StepStage): AttemptSettings {
  const { given, settings, task } = step;
  const { connections, folders, machine, variables } = context.job;
  const sources: ExpansionSources = {
    variables: (text) => variables.expand(text),
    environment: machine.environment,
    fileRoot: folders.defaultWorking,
  };
  const inputs = resolveInputs(task.definition, given, sources);
  const referenced = referencedConnections(inputs, connections).map((connection) => ({
    ...connection,
    data: Object.fromEntries(Object.entries(connection.data).map(([key, value]) => [key, expand(value, sources)])),
  }));
  return {
    task,
    stage,
    handler,
    inputs,
    connections: referenced,
    environment: resolveStepEnvironment(settings.env ?? {}, sources),
    onStart: settings.onStart,
  };
}

/** Builds of forks get no service connection unless the pipeline's owner allows it. */
function isRestrictedFork({ variables }: JobState): boolean {
  return ["system.restrictSecrets", "system.pullRequest.isFork"].every(
    (name) => variables.get(name)?.toLowerCase() === "true",
  );
}

function updateJobResult(job: JobState, { result }: StepContext): void {
  if (result === "SucceededWithIssues" || result === "Failed") setJobResult(job, mergeResults(job.result, result));
}

function collect(context: StepContext): Omit<StepResult, "durationMs" | "leftInTemp" | "taskFolderChanged"> {
  const { currentOperation, exitCode, issues, log, outputs, raw, result } = context;
  const { found, lost } = context.readUploads();
  const messagesOf = (type: Issue["type"]) =>
    issues.filter((issue) => issue.type === type).map(({ message }) => message);
  return {
    result: result ?? "Succeeded",
    log,
    raw,
    issues,
    errors: messagesOf("error"),
    warnings: messagesOf("warning"),
    outputs,
    summaries: found.filter(({ type }) => type === summaryType).map(({ name, content }) => ({ name, content })),
    attachments: found
      .filter(({ type }) => type !== summaryType)
      .map(({ type, name, content }) => ({ type, name, content })),
    lostUploads: lost,
    ...(currentOperation !== "" && { currentOperation }),
    exitCode,
  };
}
