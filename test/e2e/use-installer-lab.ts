import { afterEach, beforeEach } from "vitest";
import type { Agent, AgentSettings } from "../lab/agent/agent.ts";
import { type InstallerLab, startInstallerLab } from "./installer/installer-lab.ts";
import { startInstallerAgent } from "./steps/agent.ts";
import { type Installation, type InstallSettings, installOn } from "./steps/install.ts";
import { onceStarted } from "./steps/once-started.ts";
import { printLogsOfFailed } from "./steps/print-logs.ts";
import { addedDuring } from "./steps/requests.ts";

/** GitHub and mirrors behind the agent's proxy, new for each test of a `describe`. */
export interface InstallerFixture {
  readonly lab: InstallerLab;
  /** The agent of the test; its tool cache is empty at first. */
  readonly agent: Agent;
  /** Runs the installer task once in a new job, on the test's agent or `on` another one. */
  install(inputs: Record<string, string>, settings?: InstallSettings & { readonly on?: Agent }): Promise<Installation>;
  /** Another agent, with its own tool cache. It is disposed of after the test. */
  startAgent(settings?: Partial<AgentSettings>): Promise<Agent>;
  /** What `work` resolves to, and what arrived at the lab's servers while it ran. */
  requests<T>(work: () => Promise<T>): Promise<[T, InstallerRecords]>;
}

interface InstallerRecords extends Readonly<Record<string, readonly unknown[]>> {
  readonly releases: InstallerLab["releases"]["requests"];
  readonly proxy: InstallerLab["proxy"]["connections"];
}

/**
 * Starts an installer lab for each test of a `describe`, in a tenth of the time that a whole lab needs, so that no test
 * sees the faults and requests of another one. `prepare` runs before each test.
 */
export function useInstallerLab(node: string, prepare?: (lab: InstallerLab) => unknown): InstallerFixture {
  let started: InstallerLab | undefined;
  let own: Agent | undefined;
  const agents: Agent[] = [];
  const lab = onceStarted("lab", () => started);
  const agent = onceStarted("agent", () => own);

  async function startAgent(settings?: Partial<AgentSettings>): Promise<Agent> {
    const other = await startInstallerAgent(lab, node, settings);
    agents.push(other);
    return other;
  }

  beforeEach(async () => {
    started = await startInstallerLab();
    await prepare?.(started);
    own = await startAgent();
  });
  afterEach(async ({ task }) => {
    printLogsOfFailed(task, agents);
    for (const one of agents.splice(0)) await one.dispose();
    await started?.close();
  });

  return {
    lab,
    agent,
    startAgent,
    install: (inputs, { on = agent, ...settings } = {}) => installOn(on, lab.job, inputs, settings),
    requests: (work) => addedDuring({ releases: lab.releases.requests, proxy: lab.proxy.connections }, work),
  };
}
