import { setTimeout as sleep } from "node:timers/promises";
import type { Agent } from "../../lab/agent/agent.ts";
import type { Deployer, Lab } from "../../lab/lab.ts";
import { clientNetwork } from "../login/clients.ts";
import type { TaskNode } from "../nodes.ts";
import { startLabAgent } from "../steps/agent.ts";
import { isAlive, type Login, type LoginJob, loginJobOf } from "../steps/login-job.ts";
import type { Step } from "../steps/step.ts";
import { type Growth, growthOf } from "./growth.ts";
import { type ClientCall, callsIn, clientScript, isServed } from "./login-client.ts";
import { disturb, type Outage } from "./login-faults.ts";
import type { SoakOutcome } from "./outcome.ts";
import { filesBelow, usageAtRest } from "./proc.ts";
import { randomFrom } from "./random.ts";

export interface LoginSoak {
  readonly lab: Lab;
  readonly node: TaskNode;
  readonly seconds: number;
  readonly seed: number;
  /** Called with a line from time to time. */
  readonly log?: (line: string) => void;
}

/** How long the tokens live that Azure DevOps and Entra issue. */
const lifetimeSeconds = 10;
/** A service renews when half of a token's usable life is over, which ends a quarter before the token's. */
const fewestSecondsBetween = (lifetimeSeconds * 0.75) / 2;
/** The first request after an outage can share a renewal that is failing. */
const recoveryMs = 1_000;
/** Between two outages. */
const pauseMs = { from: 15_000, to: 45_000 } as const;
const memoryMayGrow = 0.05;

/** Lets a login with tokens of ten seconds run, with a client that uses each token, and with outages from time to time. */
export async function soakLogin(settings: LoginSoak): Promise<SoakOutcome> {
  const { lab, node, seconds, seed } = settings;
  lab.entra.accessTokenLifetimeSeconds = lifetimeSeconds;
  lab.azureDevOps.idTokenLifetimeSeconds = lifetimeSeconds;
  const agent = await startLabAgent(lab, node.path, { environment: clientNetwork(lab) });
  const over = new AbortController();
  try {
    const deployer = lab.addDeployer();
    const jobToken = lab.azureDevOps.issueJobToken({ expiresInSeconds: seconds + 3_600 });
    const job = loginJobOf(await agent.startJob({ ...lab.job(deployer), jobToken }), lab, deployer);
    const login = await job.login({ oauthClient: "true" });
    if (login.service === undefined) throw new Error(`The login ended in ${login.result}:\n${login.text}`);
    const outages = disturb(lab, randomFrom(seed), over.signal, pauseMs);
    const isRenewed = () => issuedTo(lab, deployer) > 1;
    const samples = watch(settings, agent, { job, pid: login.service.pid, isRenewed }, over.signal);
    const client = await job.script(clientScript(seconds, seed));
    if (client.result !== "Succeeded") throw new Error(`The client ended in ${client.result}:\n${client.text}`);
    over.abort();
    return await judge(settings, { job, deployer, login, calls: callsIn(client.output) }, await outages, await samples);
  } finally {
    over.abort();
    await agent.dispose();
    lab.entra.accessTokenLifetimeSeconds = 3_600;
    lab.azureDevOps.idTokenLifetimeSeconds = 600;
  }
}

interface Sample {
  readonly memory: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly processes: number;
  readonly files: number;
}

/**
 * Looks at the service about 200 times, until `signal` aborts or it has ended: from its first renewal, which loads what it needs and
 * opens its connections.
 */
async function watch(
  { seconds, log, node }: LoginSoak,
  agent: Agent,
  { job: { job }, pid, isRenewed }: { job: LoginJob; pid: number; isRenewed: () => boolean },
  signal: AbortSignal,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const everyMs = Math.max(500, (seconds * 1_000) / 200);
  while (await sleep(everyMs, true, { signal }).catch(() => false)) {
    if (!isRenewed()) continue;
    const usage = await usageAtRest(pid);
    if (usage === undefined) break;
    const processes = job.processes().filter(({ command }) => /index\.js service$/.test(command)).length;
    samples.push({ ...usage, processes, files: filesBelow(agent.root).length });
    if (samples.length % 20 === 0) {
      log?.(`login on ${node.name}: ${Math.round((samples.length * everyMs) / 60_000)} min, ${usage.memory} KB`);
    }
  }
  return samples;
}

interface Used {
  readonly job: LoginJob;
  readonly deployer: Deployer;
  readonly login: Login;
  readonly calls: readonly ClientCall[];
}

/** Ends the job, and compares what its client, the report of the login and Entra say about the same tokens. */
async function judge(
  settings: LoginSoak,
  { job, deployer, login, calls }: Used,
  outages: readonly Outage[],
  samples: readonly Sample[],
): Promise<SoakOutcome> {
  const { lab, node, seconds } = settings;
  const { postSteps, orphans } = await job.finish();
  const { renewals, given } = reportIn(postSteps[0]);
  const issued = issuedTo(lab, deployer);
  const unserved = calls.filter((call) => !isServed(call, deployer.clientId));
  const long = outages.filter(({ isLong }) => isLong);
  const faults = [
    ...unserved.filter((call) => !isExcused(call, long)).map((call) => `no valid token: ${JSON.stringify(call)}`),
    ...orphans.map(({ command }) => `the job left ${command}`),
    ...(login.service && isAlive(login.service.pid) ? ["the service is still running after the job"] : []),
    ...(postSteps[0]?.result === "Succeeded" ? [] : [`the post-job step ended in ${postSteps[0]?.result}`]),
    ...renewalFaults(renewals, issued, seconds, outages),
    ...reportFaults(given, calls),
  ];
  const done = [
    `login of ${lengthOf(seconds)} with tokens of ${lifetimeSeconds} s on ${node.name}: ${calls.length} calls`,
    `${renewals} renewals`,
    `${outages.length} outages, ${long.length} of them long`,
    `${unserved.length} calls without a token in the long ones`,
  ];
  return { done: done.join(", "), growth: growthIn(samples), faults };
}

/** How many tokens Entra has issued to a service principal. */
function issuedTo({ entra }: Lab, deployer: Deployer): number {
  return entra.requests.filter((one) => one.clientId === deployer.clientId && one.outcome === "issued").length;
}

function growthIn(samples: readonly Sample[]): Growth[] {
  const of = (name: keyof Sample) => samples.map((sample) => sample[name]);
  return [
    growthOf({
      what: "memory of the service (VmRSS)",
      unit: "KB",
      values: of("memory"),
      mayGrow: memoryMayGrow,
      // It varies by some percent, which the median of a few values does not balance.
      fewest: 10,
    }),
    growthOf({ what: "its descriptors at rest", values: of("descriptors"), mayGrow: 0, isMomentary: true }),
    growthOf({ what: "its threads", values: of("threads"), mayGrow: 0, isMomentary: true }),
    growthOf({ what: "processes of services in the job", values: of("processes"), mayGrow: 0 }),
    growthOf({ what: "files in the agent's folder", values: of("files"), mayGrow: 0 }),
  ];
}

/** Whether a call was made while the service could not get a token, for longer than the last one lived. */
function isExcused({ from }: ClientCall, long: readonly Outage[]): boolean {
  return long.some((outage) => from >= outage.from && from <= outage.to + recoveryMs);
}

function renewalFaults(renewals: number, issued: number, seconds: number, outages: readonly Outage[]): string[] {
  const outSeconds = outages.reduce((sum, { from, to }) => sum + (to - from) / 1_000, 0);
  const [fewest, most] = [(seconds - outSeconds) / lifetimeSeconds - 1, seconds / fewestSecondsBetween + 1];
  return [
    ...(renewals < fewest || renewals > most ? [`${renewals} renewals, not ${fewest} to ${most}`] : []),
    ...(renewals > issued - 1 ? [`the service counts ${renewals} renewals, but Entra issued ${issued} tokens`] : []),
  ];
}

/** The counts of the post-job step must be those of the client. The CLI asks at least once for each call. */
function reportFaults(given: ReadonlyMap<string, number>, calls: readonly ClientCall[]): string[] {
  const curl = calls.filter(({ way, answer }) => way !== "cli" && answer === 200).length;
  const cli = calls.filter(({ way, answer }) => way === "cli" && answer === 0).length;
  return [
    ...(given.get("curl") === curl ? [] : [`the report counts ${given.get("curl")} tokens for curl, not ${curl}`]),
    ...((given.get("cli") ?? 0) >= cli ? [] : [`the report counts ${given.get("cli")} tokens for the CLI, not ${cli}`]),
  ];
}

/** The figures of the line "Signed out. 49 token requests answered: cli 18, curl 31; 16 renewals." */
function reportIn(post: Step | undefined): { renewals: number; given: ReadonlyMap<string, number> } {
  const [, list = "", renewals] = /requests? answered: (.*); (\d+) renewals?\./.exec(post?.text ?? "") ?? [];
  const given = list.split(", ").map((entry): [string, number] => {
    const [name = "", count] = entry.split(" ");
    return [name, Number(count)];
  });
  return { renewals: Number(renewals), given: new Map(given) };
}

function lengthOf(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
