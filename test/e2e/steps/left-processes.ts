import { setTimeout as delay } from "node:timers/promises";
import type { Job } from "../../lab/agent/agent.ts";

/** The command lines of the processes that a job still runs. Those that were killed have two seconds to end. */
export async function leftProcesses(job: Job): Promise<string[]> {
  for (let looks = 0; looks < 40 && job.processes().length > 0; looks += 1) await delay(50);
  return job.processes().map(({ command }) => command);
}
