import { platform } from "node:process";
import { closeJob, type JobState, jobProcesses, killRemaining, openJob } from "./job/job.ts";
import { killAll } from "./job/orphans.ts";
import { removeMachine, setUpMachine } from "./machine/machine.ts";
import { runStage } from "./run/step.ts";
import type { Stage } from "./server/task-definition.ts";
import { type AcceptedStep, acceptStep, stageOf } from "./step/accepted.ts";
import type { Agent, AgentSettings, FinishedJob, Job, JobSettings, StepResult, StepSettings } from "./types.ts";

export { PipelineInvalid } from "./server/validation.ts";
export type {
  Agent,
  AgentSettings,
  FinishedJob,
  HostType,
  Issue,
  Job,
  JobProcess,
  JobSettings,
  JobVariables,
  Orphan,
  ServiceConnection,
  StepResult,
  StepSettings,
  TaskResult,
  VariableSetting,
} from "./types.ts";

/** Sets up an agent that runs the tasks of a packaged extension. Throws when an agent could not use the package. */
export async function startAgent(settings: AgentSettings): Promise<Agent> {
  if (platform !== "linux") throw new Error(`The agent emulator needs Linux and its /proc; this is ${platform}.`);
  const machine = setUpMachine(settings);
  const states: JobState[] = [];
  let running: Job | undefined;
  let lost = false;

  async function startJob(jobSettings: JobSettings): Promise<Job> {
    if (running !== undefined) throw new Error("An agent runs one job at a time: finish the other one first.");
    if (lost) throw new Error("This machine is lost: start another agent.");
    const onFinish = () => {
      running = undefined;
    };
    const state = await openJob(machine, settings, jobSettings);
    states.push(state);
    running = jobOf(state, onFinish, () => lost);
    return running;
  }

  return {
    root: machine.folders.root,
    toolsDirectory: machine.folders.tools,
    log: () => states.flatMap(({ log }) => log),
    startJob,
    lose() {
      lost = true;
      killAll(running?.processes() ?? []);
      for (const { worker } of states) void worker.kill();
      running = undefined;
      removeMachine(machine.folders);
    },
    dispose: async () => {
      await running?.finish();
      // For the tests: on an agent, what a lost worker started goes on.
      for (const state of states) killRemaining(state);
      removeMachine(machine.folders);
    },
  };
}

/** A job as its author sees it: steps run one at a time, until it is finished. */
function jobOf(state: JobState, onFinish: () => void, isLost: () => boolean): Job {
  const { folders } = state.machine;
  /** Steps that the server accepted, in their order. */
  const accepted: AcceptedStep[] = [];
  let busy = false;
  let finished = false;

  async function runOne(step: AcceptedStep, stage: Stage): Promise<StepResult | undefined> {
    const runnable = stageOf(state, step, stage);
    if (runnable === undefined) return undefined;
    if (busy) throw new Error("A job runs one step at a time.");
    busy = true;
    try {
      return await runStage(state, runnable);
    } catch (error) {
      throw isLost() ? new Error("The machine was lost while the step ran.") : error;
    } finally {
      busy = false;
    }
  }

  function accept(settings: StepSettings): AcceptedStep {
    if (finished) throw new Error("This job is finished.");
    const step = acceptStep(state, settings);
    accepted.push(step);
    return step;
  }

  async function runEach(steps: readonly AcceptedStep[], stage: Stage): Promise<StepResult[]> {
    const results: StepResult[] = [];
    for (const step of steps) {
      const result = await runOne(step, stage);
      if (result !== undefined) results.push(result);
    }
    return results;
  }

  async function finish(): Promise<FinishedJob> {
    const postJob = finished || state.worker.lost() ? [] : await runEach(accepted.toReversed(), "postjobexecution");
    finished = true;
    onFinish();
    return { postJob, orphans: closeJob(state) };
  }

  return {
    workerPid: state.worker.pid,
    workingDirectory: state.folders.defaultWorking,
    tempDirectory: folders.temp,
    homeDirectory: folders.home,
    variables: state.variables,
    processes: () => jobProcesses(state),
    path: () => state.prependPath.toReversed(),
    async run(settings) {
      const step = accept(settings);
      if (step.task.definition.handlers.prejobexecution.length > 0) {
        throw new Error(`${step.task.definition.name} has a pre-job stage, which runs before all steps: use runAll.`);
      }
      const [result] = await runEach([step], "execution");
      if (result === undefined) throw new Error(`${step.task.definition.name} has no main stage.`);
      return result;
    },
    async runAll(settings) {
      const steps = settings.map((step) => accept({ condition: "succeeded()", ...step }));
      const preJob = await runEach(steps, "prejobexecution");
      const results = await runEach(steps, "execution");
      return { preJob, steps: results, ...(await finish()) };
    },
    killWorker: () => state.worker.kill(),
    finish,
  };
}
