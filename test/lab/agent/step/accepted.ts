import type { JobState } from "../job/job.ts";
import { Variables } from "../job/variables.ts";
import { findTask, type InstalledTask } from "../machine/tasks.ts";
import {
  chooseHandler,
  type Restrictions,
  type Stage,
  stages,
  type TaskDefinition,
  type TaskHandler,
  type TaskInput,
} from "../server/task-definition.ts";
import { requireHost, validateInputs } from "../server/validation.ts";
import type { StepSettings } from "../types.ts";
import { StepContext } from "./context.ts";

/** A step that the server has accepted. Its stages share its name, its inputs and its task variables. */
export interface AcceptedStep {
  readonly settings: StepSettings;
  readonly task: InstalledTask;
  /** What the author gave, before defaults and expansion. */
  readonly given: ReadonlyMap<TaskInput, string>;
  readonly name: string;
  readonly taskVariables: Variables;
}

/** One stage of a step: the main one, or the one before or after all main ones of the job. */
export interface StepStage {
  readonly step: AcceptedStep;
  readonly stage: Stage;
  readonly handler: TaskHandler;
  readonly displayName: string;
  readonly context: StepContext;
}

const prefixes: Readonly<Record<Stage, string>> = {
  prejobexecution: "Pre-job: ",
  execution: "",
  postjobexecution: "Post-job: ",
};

/** What the server checks when it reads the pipeline. Throws before anything runs. */
export function acceptStep(job: JobState, settings: StepSettings): AcceptedStep {
  const task = findTask(job.machine.tasks, settings.task);
  const { definition } = task;
  requireHost(definition, job.hostType);
  for (const stage of stages) requireRunnable(definition, chooseHandler(definition, stage), job.machine.node.major);
  const given = validateInputs(definition, settings.inputs ?? {}, job.connections);
  const name = uniqueName(job.stepNames, settings.name ?? definition.name);
  return { settings, task, given, name, taskVariables: new Variables(job.masker) };
}

/** One stage of an accepted step, ready to run; undefined when the task has no such stage. */
export function stageOf(job: JobState, step: AcceptedStep, stage: Stage): StepStage | undefined {
  const { settings, task, name, taskVariables } = step;
  const { definition } = task;
  const handler = chooseHandler(definition, stage);
  if (handler === undefined) return undefined;
  const context = new StepContext(job, {
    name,
    restrictions: [definition.restrictions, authorRestrictions(settings)],
    outputVariables: definition.outputVariables,
    taskVariables,
    onLine: settings.onLine,
  });
  return {
    step,
    stage,
    handler,
    displayName: prefixes[stage] + (settings.displayName ?? definition.name),
    context,
  };
}

/** Node 24 runs only what lists Node24; Node 20 runs both, as agents do without the Node 24 feature. */
function requireRunnable(task: TaskDefinition, handler: TaskHandler | undefined, nodeMajor: number): void {
  const handlers = nodeMajor === 24 ? ["Node24"] : ["Node24", "Node20_1"];
  if (handler !== undefined && !handlers.includes(handler.key)) {
    throw new Error(`An agent would not run ${task.name} (handler ${handler.key}) on Node ${nodeMajor}.`);
  }
}

function authorRestrictions({ commands, settableVariables }: StepSettings): Restrictions {
  return { ...(commands !== undefined && { commands }), ...(settableVariables !== undefined && { settableVariables }) };
}

/** The server names steps that their author did not name. */
function uniqueName(taken: Set<string>, wanted: string): string {
  let name = wanted;
  for (let suffix = 1; taken.has(name.toLowerCase()); suffix++) name = `${wanted}${suffix}`;
  taken.add(name.toLowerCase());
  return name;
}
