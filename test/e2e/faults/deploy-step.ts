import { stepTraces, watchStep } from "../leak-search.ts";
import { checkOut } from "../steps/checkout.ts";
import type { Step } from "../steps/step.ts";
import { type CellRun, shortLifeSeconds } from "./case.ts";
import { timeLimitMs } from "./cells.ts";
import { type Deployed, jobOfRun } from "./deployed.ts";
import { type Ending, endingOf, generalProblems, leaks, metadataPaths, type Problem, tokensOf } from "./oracles.ts";

/** A step of the deploy task that has met its fault, and what is wrong with it whatever its command is. */
export interface FaultedStep {
  readonly step: Step;
  readonly ms: number;
  readonly ending: Ending;
  readonly problems: readonly Problem[];
}

/** Runs a step of the deploy task in its cell. The fault is over when it returns. */
export async function runFaulted(
  { room, cell, agent, way, cancel, secrets, ageOf }: CellRun,
  { files, deployer }: Deployed,
  inputs: Record<string, string> = {},
): Promise<FaultedStep> {
  const { lab } = room;
  if (cell.moment === "renewal") lab.entra.limitTokens(deployer.clientId, shortLifeSeconds);
  const { variables } = secrets;
  const build = lab.azureDevOps.startBuild();
  const jobToken = lab.azureDevOps.issueJobToken();
  const checkout = await checkOut(agent, lab, files, {
    deployer,
    job: { ...jobOfRun(build), jobToken, debug: true, variables },
  });
  const watch = watchStep(agent, 50);
  const settings = { cancel, timeoutMs: timeLimitMs(cell), onStart: watch.onStart };
  const step = await checkout.run({ target: "prod", ...inputs }, settings);
  const ms = ageOf(step);
  const traces = [...watch.stop(), ...stepTraces(step, checkout.job), ...room.sentElsewhere];
  way.end();
  lab.entra.limitTokens(deployer.clientId, 3600);
  build.finish();

  const ending = endingOf(step, cell);
  const hidden = [...secrets.secrets, ...tokensOf(deployer, lab, jobToken)];
  const environments = traces.filter(({ where }) => where.startsWith("environment of"));
  const passed = [
    ...metadataPaths(environments.map(({ text }) => text)),
    { name: "password of the proxy", value: way.proxyPassword },
  ];
  const problems = [
    ...(await generalProblems(cell, { ...step, durationMs: ms }, ending, checkout.job)),
    ...leaks(hidden, passed, traces),
  ];
  await checkout.job.finish();
  return { step, ms, ending, problems };
}
