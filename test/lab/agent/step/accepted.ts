import type { JobState } from "../job/job.ts";
import { findTask, type InstalledTask } from "../machine/tasks.ts";
import {
  chooseHandler,
  type Restrictions,
  type TaskDefinition,
  type TaskHandler,
  type TaskInput,
} from "../server/task-definition.ts";
import { requireHost, validateInputs } from "../server/validation.ts";
import type { StepSettings } from "../types.ts";
import { StepContext } from "./context.ts";

/** A step that the server has accepted. */
export interface AcceptedStep {
  readonly settings: StepSettings;
  readonly task: InstalledTask;
  readonly handler: TaskHandler;
  /** What the author gave, before defaults and expansion. */
  readonly given: ReadonlyMap<TaskInput, string>;
  readonly displayName: string;
  readonly context: StepContext;
}

/** What the server checks when it reads the pipeline. Throws before anything runs. */
export function acceptStep(job: JobState, settings: StepSettings): AcceptedStep {
  const task = findTask(job.machine.tasks, settings.task);
  const { definition } = task;
  const handler = chooseHandler(definition);
  requireHost(definition, job.hostType);
  requireRunnable(definition, handler, job.machine.node.major);
  const given = validateInputs(definition, settings.inputs ?? {}, job.connections);
  const context = new StepContext(job, {
    name: uniqueName(job.stepNames, settings.name ?? definition.name),
    restrictions: [definition.restrictions, authorRestrictions(settings)],
    outputVariables: definition.outputVariables,
    onLine: settings.onLine,
  });
  return { settings, task, handler, given, displayName: settings.displayName ?? definition.name, context };
}

/** Node 24 runs only what lists Node24; Node 20 runs both, as agents do without the Node 24 feature. */
function requireRunnable(task: TaskDefinition, handler: TaskHandler, nodeMajor: number): void {
  const handlers = nodeMajor === 24 ? ["Node24"] : ["Node24", "Node20_1"];
  if (!handlers.includes(handler.key)) {
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
