import path from "node:path";
import { type Agent, type AgentSettings, startAgent } from "../../lab/agent/agent.ts";
import type { Lab } from "../../lab/lab.ts";
import { packagedExtension } from "../harness.ts";
import type { InstallerLab } from "../installer/installer-lab.ts";

/** How an agent differs from the usual one. */
export interface AgentSetup extends Partial<AgentSettings> {
  /** Which of the lab's network settings the agent is configured with; both by default. */
  readonly configured?: readonly ("proxy" | "caFile")[];
  /** The executable `databricks` on the agent's PATH; the lab's CLI by default. */
  readonly cli?: string;
}

/** Starts an agent with the packaged extension in the lab's network. The caller disposes of it. */
export async function startLabAgent(lab: Lab, node: string, setup: AgentSetup = {}): Promise<Agent> {
  const { cli = await lab.programs.cli(), configured = ["proxy", "caFile"], environment, ...settings } = setup;
  const network = configured.map((name) => [name, lab.agentNetwork[name]] as const);
  return startAgent({
    vsix: packagedExtension(),
    node,
    ...Object.fromEntries(network),
    environment: { PATH: `${path.dirname(cli)}:/usr/bin:/bin`, ...environment },
    ...settings,
  });
}

/** Starts an agent in the network of an installer lab. The caller disposes of it. */
export function startInstallerAgent(
  lab: InstallerLab,
  node: string,
  { environment, ...settings }: Partial<AgentSettings> = {},
): Promise<Agent> {
  return startAgent({
    vsix: packagedExtension(),
    node,
    ...lab.agentNetwork,
    environment: { PATH: "/usr/bin:/bin", ...environment },
    ...settings,
  });
}
