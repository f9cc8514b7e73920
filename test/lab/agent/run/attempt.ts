import path from "node:path";
import { processCommand } from "../commands/commands.ts";
import type { JobState } from "../job/job.ts";
import { expandMacros } from "../job/macros.ts";
import { WorkerLost } from "../job/worker.ts";
import type { InstalledTask } from "../machine/tasks.ts";
import type { Stage, TaskHandler, TaskInput } from "../server/task-definition.ts";
import type { StepContext } from "../step/context.ts";
import { addTaskEnvironment } from "../step/environment.ts";
import type { ServiceConnection } from "../types.ts";
import { OperationCanceled, type SignalTimeouts, signalTimeouts, stopProcess } from "./cancel.ts";
import { type ProcessSettings, startProcess, type TaskProcess } from "./process.ts";
import { StepFailure } from "./retry.ts";

/** What every attempt of a step runs with. */
export interface AttemptSettings {
  readonly task: InstalledTask;
  readonly stage: Stage;
  readonly handler: TaskHandler;
  readonly inputs: ReadonlyMap<TaskInput, string>;
  readonly connections: readonly ServiceConnection[];
  /** The step's `env:`. What the agent adds to it for an attempt is still there in the next, as in the agent. */
  readonly environment: Record<string, string>;
  readonly onStart: ((pid: number, kill: () => void) => void) | undefined;
}

/** Runs the task's process once. Throws OperationCanceled after a cancel, StepFailure when the process fails. */
export async function runAttempt(
  step: StepContext,
  settings: AttemptSettings,
  cancellation: AbortSignal,
): Promise<void> {
  if (cancellation.aborted) throw new OperationCanceled();
  const { machine, variables } = step.job;
  step.exitCode = null;
  step.debug(`Using node path: ${machine.node.path}`);
  const invocation = prepare(step, settings);
  let reading = true;
  const onLine: ProcessSettings["onLine"] = (stream, line) => {
    if (reading) handleLine(step, stream, line);
  };
  const task = await start(step.job, { ...invocation, onLine });
  settings.onStart?.(task.pid, () => task.signal("SIGKILL"));
  const done = new Promise<"done">((complete) => {
    step.onDone = () => complete("done");
  });
  const timeouts = signalTimeouts((name) => variables.get(name) ?? machine.environment[name]);
  const outcome = await Promise.race([finishOrStop(task, cancellation, timeouts), done]);
  step.onDone = undefined;
  if (outcome === "done") {
    reading = false;
    task.abandon();
    step.debug(
      'The task was marked as "done", but the process has not closed after 5 seconds. Treating the task as complete.',
    );
    return;
  }
  step.exitCode = outcome;
  if (cancellation.aborted) throw new OperationCanceled();
  if (outcome !== 0) throw new StepFailure(exitMessage(outcome, invocation));
}

function prepare(step: StepContext, settings: AttemptSettings): Omit<ProcessSettings, "onLine"> {
  const { machine, variables, system, prependPath } = step.job;
  const { connections, environment, handler, inputs, stage, task } = settings;
  addTaskEnvironment(environment, {
    inputs,
    connections,
    system,
    variables,
    taskVariables: step.taskVariables,
    prependPath,
    agent: machine.environment,
  });
  const inMainStage = (name: string) => stage === "execution" && name.toLowerCase() === "currentdirectory";
  const handlerPath = (path: string) => expandMacros(path, (name) => (inMainStage(name) ? task.folder : undefined));
  const defaultWorking = variables.get("system.defaultWorkingDirectory") ?? machine.folders.work;
  return {
    file: machine.node.path,
    script: path.resolve(task.folder, handlerPath(handler.target)),
    workingDirectory: variables.expand(handlerPath(handler.workingDirectory ?? defaultWorking)),
    environment: machine.system.environment({ ...machine.environment, ...environment, TF_BUILD: "True" }),
  };
}

async function start({ worker }: JobState, settings: ProcessSettings): Promise<TaskProcess> {
  try {
    return await startProcess(worker, settings);
  } catch (error) {
    if (error instanceof WorkerLost) throw error;
    throw new StepFailure(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function handleLine(step: StepContext, stream: "stdout" | "stderr", line: string): void {
  step.raw[stream].push(line);
  if (!processCommand(step, line)) step.write(line);
}

async function finishOrStop(task: TaskProcess, cancellation: AbortSignal, timeouts: SignalTimeouts): Promise<number> {
  let onAbort = () => {};
  const aborted = new Promise<"aborted">((complete) => {
    onAbort = () => complete("aborted");
    cancellation.addEventListener("abort", onAbort, { once: true });
    // While the process was starting.
    if (cancellation.aborted) onAbort();
  });
  const first = await Promise.race([task.finished, aborted]);
  cancellation.removeEventListener("abort", onAbort);
  if (first === "aborted") await stopProcess(task, timeouts);
  return task.finished;
}

function exitMessage(code: number, { file, script }: Pick<ProcessSettings, "file" | "script">): string {
  const escaped = script.replaceAll('"', '\\"');
  return `Exit code ${code} returned from process: file name '${file}', arguments '"${escaped}"'.`;
}
