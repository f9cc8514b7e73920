import { rmSync } from "node:fs";
import { platform } from "node:process";
import { openJob } from "./job/job.ts";
import type { AgentState } from "./job/job-state.ts";
import { createAgentFolders, installNode } from "./machine/layout.ts";
import { installTasks } from "./machine/tasks.ts";
import type { Agent, AgentSettings, Job, JobSettings } from "./types.ts";

export { PipelineInvalid } from "./server/validation.ts";
export type {
  Agent,
  AgentSettings,
  HostType,
  Issue,
  Job,
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
  const folders = createAgentFolders(settings.toolsDirectory);
  const dispose = () => rmSync(folders.root, { recursive: true, force: true, maxRetries: 3 });
  let state: AgentState;
  try {
    state = {
      folders,
      environment: { ...baseEnvironment(folders.home), ...settings.environment },
      node: installNode(folders.root, settings.node),
      tasks: installTasks(settings.vsix, folders.tasks),
    };
  } catch (error) {
    dispose();
    throw error;
  }
  let running: Job | undefined;

  async function startJob(jobSettings: JobSettings): Promise<Job> {
    if (running !== undefined) throw new Error("An agent runs one job at a time: finish the other one first.");
    const job = openJob(state, settings, jobSettings);
    running = job;
    return {
      ...job,
      finish: async () => {
        running = undefined;
        return job.finish();
      },
    };
  }

  return {
    root: folders.root,
    toolsDirectory: folders.tools,
    startJob,
    dispose: async () => {
      await running?.finish();
      dispose();
    },
  };
}

/** What an agent's service account has: of the environment that runs the lab only PATH, without npm's additions. */
function baseEnvironment(home: string): Record<string, string> {
  const path = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("/node_modules/"));
  return { PATH: path.join(":"), HOME: home, LANG: "C.UTF-8" };
}
