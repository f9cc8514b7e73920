import { platform } from "node:process";
import { closeJob, type JobState, jobProcesses, openJob } from "./job/job.ts";
import { killAll } from "./job/orphans.ts";
import { removeMachine, setUpMachine } from "./machine/machine.ts";
import { runStep } from "./run/step.ts";
import type { Agent, AgentSettings, Job, JobSettings } from "./types.ts";

export { PipelineInvalid } from "./server/validation.ts";
export type {
  Agent,
  AgentSettings,
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
  let running: Job | undefined;
  let lost = false;

  async function startJob(jobSettings: JobSettings): Promise<Job> {
    if (running !== undefined) throw new Error("An agent runs one job at a time: finish the other one first.");
    if (lost) throw new Error("This machine is lost: start another agent.");
    const onFinish = () => {
      running = undefined;
    };
    running = jobOf(openJob(machine, settings, jobSettings), onFinish, () => lost);
    return running;
  }

  return {
    root: machine.folders.root,
    toolsDirectory: machine.folders.tools,
    startJob,
    lose() {
      lost = true;
      killAll(running?.processes() ?? []);
      running = undefined;
      removeMachine(machine.folders);
    },
    dispose: async () => {
      await running?.finish();
      removeMachine(machine.folders);
    },
  };
}

/** A job as its author sees it: steps run one at a time, until it is finished. */
function jobOf(state: JobState, onFinish: () => void, isLost: () => boolean): Job {
  const { folders } = state.machine;
  let busy = false;
  let finished = false;
  return {
    workingDirectory: state.folders.defaultWorking,
    tempDirectory: folders.temp,
    homeDirectory: folders.home,
    variables: state.variables,
    processes: () => jobProcesses(state),
    path: () => state.prependPath.toReversed(),
    async run(step) {
      if (finished) throw new Error("This job is finished.");
      if (busy) throw new Error("A job runs one step at a time.");
      busy = true;
      try {
        return await runStep(state, step);
      } catch (error) {
        throw isLost() ? new Error("The machine was lost while the step ran.") : error;
      } finally {
        busy = false;
      }
    },
    async finish() {
      finished = true;
      onFinish();
      return { orphans: closeJob(state) };
    },
  };
}
