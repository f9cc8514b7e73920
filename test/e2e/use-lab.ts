import { afterAll, afterEach, beforeAll } from "vitest";
import type { Agent } from "../lab/agent/agent.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import type { BundleFiles } from "./bundles/bundles.ts";
import { type AgentSetup, startLabAgent } from "./steps/agent.ts";
import { type Checkout, type CheckoutSettings, checkOut } from "./steps/checkout.ts";
import { type Deployment, type DeploySettings, deployOn } from "./steps/deploy.ts";
import { type Installation, type InstallSettings, installOn } from "./steps/install.ts";
import { type LoginJob, type LoginJobSettings, loginJobOf } from "./steps/login-job.ts";
import { onceStarted } from "./steps/once-started.ts";
import { printLogsOfFailed } from "./steps/print-logs.ts";
import { addedDuring } from "./steps/requests.ts";

interface OnAgent {
  /** How the new agent that it runs on differs from the usual one. */
  readonly agent?: AgentSetup;
}

/** A lab for the tests of one `describe`. All agents are disposed of after each test. */
export interface LabFixture {
  /** Started before the first test. */
  readonly lab: Lab;
  /** Deploys once, on a new agent: the example bundle, or the one with these files. */
  deploy(settings?: DeploySettings & OnAgent): Promise<Deployment>;
  /** A job on a new agent in which several steps run: the example bundle is checked out, or the one with these files. */
  checkout(files?: BundleFiles, settings?: CheckoutSettings & OnAgent): Promise<Checkout>;
  /** Runs the installer task once in a new job, on a new agent or `on` a given one. */
  install(inputs: Record<string, string>, settings?: InstallSettings & { readonly on?: Agent }): Promise<Installation>;
  /** A job on a new agent, or `on` a given one, in which logins and scripts run. */
  loginJob(settings?: LoginJobSettings & OnAgent & { readonly on?: Agent }): Promise<LoginJob>;
  /** An agent for jobs that the methods above do not fit. */
  startAgent(setup?: AgentSetup): Promise<Agent>;
  /** What `work` resolves to, and what arrived at the lab's servers and which tokens they issued while it ran. */
  requests<T>(work: () => Promise<T>): Promise<[T, ServerRecords]>;
}

/** What the servers of a lab received; the proxy received connections. */
export interface ServerRecords extends Readonly<Record<string, readonly unknown[]>> {
  readonly azureDevOps: Lab["azureDevOps"]["requests"];
  readonly entra: Lab["entra"]["requests"];
  readonly workspace: Lab["workspace"]["requests"];
  readonly releases: Lab["releases"]["requests"];
  readonly proxy: Lab["proxy"]["connections"];
  /** Issued by Azure DevOps. */
  readonly idTokens: Lab["azureDevOps"]["issued"];
  /** Issued by Entra. */
  readonly accessTokens: Lab["entra"]["issued"];
  /** Issued by the workspace's own token exchange. */
  readonly workspaceTokens: Lab["federation"]["issued"];
}

/** How a lab differs from the usual one. */
export interface LabSettings {
  /** Runs once, before the tests. */
  readonly prepare?: (lab: Lab) => unknown;
  /** The version of the CLI on the agents' PATH; by default the oldest of `cliVersions`. */
  readonly cli?: string;
}

/** Starts a lab for the tests of a `describe`. Its agents run tasks on `node`. */
export function useLab(node: string, { prepare, cli: cliVersion }: LabSettings = {}): LabFixture {
  let started: Lab | undefined;
  const agents: Agent[] = [];
  const lab = onceStarted("lab", () => started);

  beforeAll(async () => {
    started = await startLab(console.log);
    await prepare?.(started);
  });
  afterEach(async ({ task }) => {
    printLogsOfFailed(task, agents);
    for (const agent of agents.splice(0)) await agent.dispose();
  });
  afterAll(() => started?.close());

  async function startAgent(setup?: AgentSetup): Promise<Agent> {
    const agent = await startLabAgent(lab, node, { cli: await lab.programs.cli(cliVersion), ...setup });
    agents.push(agent);
    return agent;
  }

  return {
    lab,
    startAgent,
    deploy: async ({ agent, ...settings } = {}) => deployOn(await startAgent(agent), lab, settings),
    checkout: async (files, { agent, ...settings } = {}) => checkOut(await startAgent(agent), lab, files, settings),
    install: async (inputs, { on, ...settings } = {}) =>
      installOn(on ?? (await startAgent()), lab.job(), inputs, settings),
    loginJob: async ({ agent, on, deployer = lab.deployer, ...settings } = {}) => {
      const job = await (on ?? (await startAgent(agent))).startJob({ ...lab.job(deployer), ...settings });
      return loginJobOf(job, lab, deployer);
    },
    requests: (work) => addedDuring(recordsOf(lab), work),
  };
}

function recordsOf({ azureDevOps, entra, workspace, federation, releases, proxy }: Lab): ServerRecords {
  return {
    azureDevOps: azureDevOps.requests,
    entra: entra.requests,
    workspace: workspace.requests,
    releases: releases.requests,
    proxy: proxy.connections,
    idTokens: azureDevOps.issued,
    accessTokens: entra.issued,
    workspaceTokens: federation.issued,
  };
}
