import { randomBytes } from "node:crypto";
import type { Agent } from "../../../lab/agent/agent.ts";
import type { Build } from "../../../lab/azure-devops/builds.ts";
import type { Deployer, Lab } from "../../../lab/lab.ts";
import type { Checkpoint, RecordedRequest } from "../../../lab/workspace/workspace.ts";
import { type AgentSetup, startLabAgent } from "../../steps/agent.ts";
import { type Checkout, checkOut } from "../../steps/checkout.ts";
import { sweptBundle } from "./bundle.ts";
import { type Deployed, type FoundFault, findFaults, processFaults } from "./outcome.ts";
import { changesInFlight, isOfCli, type Moment, stopStep, type Way } from "./stops.ts";

/** One step that is stopped once. */
export interface SweepCase {
  readonly command: "deploy" | "destroy";
  readonly way: Way;
  readonly moment: Moment;
  /** At which request of the step's service principal to the workspace, from 1. */
  readonly n: number;
  /** How long after that moment the step is stopped; `usualWaitMs` by default. */
  readonly waitMs?: number;
}

/** The machines of a sweep. */
export interface SweepRoom {
  readonly lab: Lab;
  readonly node: string;
  /** Version of the CLI. */
  readonly cli: string;
}

/** What became of a case. */
export interface CaseOutcome {
  /** The request at which the step was stopped; undefined if the step ended before its n-th request. */
  readonly request: string | undefined;
  /** How many requests the step made. */
  readonly count: number;
  readonly faults: readonly FoundFault[];
  /** What the CLI was changing in the workspace's resources when the step was stopped. */
  readonly inFlight: readonly string[];
  /** The stopped step's log, then that of the deploy that followed. */
  readonly logs: readonly string[];
}

/** Shortens the agent's grace from 10 to 4 seconds. */
const shortGrace = { variables: { PROCESS_SIGINT_TIMEOUT: "2000", PROCESS_SIGTERM_TIMEOUT: "2000" } };
const inputs = {
  deploy: { target: "prod" },
  destroy: { target: "prod", command: "destroy", autoApprove: "true" },
} as const;

/**
 * Stops a step at its n-th request, deploys the same bundle from an empty folder on another agent, and compares the workspace
 * with the bundle. Each case has a bundle and a service principal of its own, so that cases can run at the same time.
 */
export async function runCase(room: SweepRoom, settings: SweepCase): Promise<CaseOutcome> {
  const { lab, node, cli } = room;
  const deployer = lab.addDeployer();
  const name = `swept-${randomBytes(4).toString("hex")}`;
  const deployed: Deployed = { name, files: sweptBundle(name), clientId: deployer.clientId };
  const agents: Agent[] = [];
  const setup: AgentSetup = { cli: await lab.programs.cli(cli) };

  async function freshCheckout(): Promise<Checkout & { agent: Agent; build: Build }> {
    const agent = await startLabAgent(lab, node, setup);
    agents.push(agent);
    const build = lab.azureDevOps.startBuild();
    const run = { buildId: build.id, jobId: build.startJob() };
    const checkout = await checkOut(agent, lab, deployed.files, { deployer, job: { ...shortGrace, run } });
    return { agent, build, ...checkout };
  }

  try {
    if (settings.command === "destroy") await deployFully(await freshCheckout());
    const { build, ...checkout } = await freshCheckout();
    const stopped = await stopOnce(lab, deployer, settings, checkout);
    // Azure DevOps notices sooner or later that the job is over, also if its agent is lost.
    build.finish();
    const next = await freshCheckout();
    // What a process had sent when it was killed has arrived by now.
    stopped.checkpoint.remove();
    const untilNow = [...lab.workspace.requests];
    const { logs, faults } = await recover(lab, deployed, next, stopped.outcome.faults);
    // By now, the workspace has answered all of them that have reached it.
    const inFlight = changesInFlight(untilNow, { of: deployer.clientId, ...stopped });
    return { ...stopped.outcome, faults, inFlight, logs: [...stopped.outcome.logs, ...logs] };
  } finally {
    for (const agent of agents) await agent.dispose();
  }
}

async function deployFully({ run, job }: Checkout): Promise<void> {
  const { result, text } = await run(inputs.deploy);
  if (result !== "Succeeded") throw new Error(`The deploy before the destroy ended in ${result}:\n${text}`);
  await job.finish();
}

async function stopOnce(
  lab: Lab,
  { clientId }: Deployer,
  settings: SweepCase,
  { agent, job, run }: Checkout & { agent: Agent },
): Promise<{
  outcome: Omit<CaseOutcome, "inFlight">;
  checkpoint: Checkpoint;
  met: RecordedRequest | undefined;
  at: number;
}> {
  const { command, n, moment } = settings;
  const checkpoint = lab.workspace.checkpoint({ of: clientId, n, moment, holdsLater: isOfCli });
  const cancel = new AbortController();
  const logs: string[] = [];
  const running = run(inputs[command], { cancel: cancel.signal, onLine: (line) => void logs.push(line) });
  // A lost machine's step rejects.
  const ended = running.catch(() => undefined);
  let at = Number.POSITIVE_INFINITY;
  let left: FoundFault[] = [];
  const request = await Promise.race([checkpoint.reached, ended.then(() => undefined)]);
  if (request === undefined) {
    const { result, text } = await running;
    if (result !== "Succeeded") throw new Error(`A ${command} that was not stopped ended in ${result}:\n${text}`);
    await job.finish();
  } else {
    const onStop = () => {
      at = Date.now();
    };
    const onEnd = async () => {
      left = await processFaults(job);
    };
    await stopStep({ agent, job, ended, onStop, onEnd, cancel: () => cancel.abort() }, settings, checkpoint);
  }
  const stoppedAt = request && `${request.method} ${request.path}`;
  const outcome = {
    request: stoppedAt,
    count: checkpoint.count,
    faults: [...left, ...(await processFaults(job))],
    logs: [logs.join("\n")],
  };
  return { outcome, checkpoint, met: request, at };
}

async function recover(
  lab: Lab,
  deployed: Deployed,
  checkout: Checkout,
  before: readonly FoundFault[],
): Promise<Pick<CaseOutcome, "faults" | "logs">> {
  const faults = [...before];
  const first = await checkout.run(inputs.deploy);
  const logs = [first.text];
  if (first.result !== "Succeeded") {
    const locked = first.errors.some((error) => error.includes("#deploy-lock"));
    const kind = locked ? "next deploy refused by the lock" : "next deploy failed";
    faults.push({ kind, detail: first.errors.join("\n") });
    // What else is wrong shows only after a deploy that succeeds: as a user would then do it.
    const second = await checkout.run({ ...inputs.deploy, forceLock: "true" });
    logs.push(second.text);
    if (second.result !== "Succeeded") {
      if (locked) faults.push({ kind: "next deploy failed", detail: second.errors.join("\n") });
      return { faults, logs };
    }
  }
  faults.push(...(await findFaults(lab, deployed, checkout)));
  await checkout.job.finish();
  return { faults: [...faults, ...(await processFaults(checkout.job))], logs };
}
