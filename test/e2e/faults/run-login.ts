import { setTimeout as delay } from "node:timers/promises";
import type { Job } from "../../lab/agent/agent.ts";
import { stepTraces, watchStep } from "../leak-search.ts";
import { fetchToken, loginJobOf } from "../steps/login-job.ts";
import { type CellOutcome, type CellRun, shortLifeSeconds } from "./case.ts";
import { timeLimitMs } from "./cells.ts";
import { type Ending, endingOf, generalProblems, leaks, metadataPaths, type Problem, tokensOf } from "./oracles.ts";

/** Signs in, asks for a token as a later step would, and ends the job. */
export async function runLogin({ room, cell, agent, way, cancel, secrets, ageOf }: CellRun): Promise<CellOutcome> {
  const { lab } = room;
  const deployer = lab.addDeployer();
  if (cell.moment === "renewal") lab.entra.limitTokens(deployer.clientId, shortLifeSeconds);
  const settings = lab.job(deployer);
  const { variables } = secrets;
  const job = await agent.startJob({ ...settings, debug: true, variables });
  const { login, finish } = loginJobOf(job, lab, deployer);
  const watch = watchStep(agent, 50);
  const step = await login({}, { cancel, timeoutMs: timeLimitMs(cell), onStart: watch.onStart });
  const ms = ageOf(step);
  let ending: Ending = endingOf(step, cell);
  const problems: Problem[] = [];
  let error = step.errors[0];
  const paths = metadataPaths(job.variables.names().map((name) => job.variables.get(name) ?? ""));
  if (ending === "succeeded") {
    if (cell.moment === "renewal") await delay(shortLifeSeconds * 1000);
    const asked = await tokenOf(job);
    const verdict = asked.token === undefined ? undefined : await lab.entra.verifyAccessToken(asked.token);
    const isRight = verdict?.ok && verdict.subject === deployer.clientId;
    if (!isRight && cell.moment === "renewal") {
      // The program that asks gets the reason, and the post-job step shows it.
      error = asked.text;
      const help = `${asked.text}\n#network`;
      ending = endingOf({ result: "Failed", errors: [help] }, cell);
    } else if (!isRight) problems.push({ kind: "false success", detail: asked.text });
  }
  problems.push(
    ...(await generalProblems(cell, { ...step, durationMs: ms, ...(error ? { errors: [error] } : {}) }, ending, job)),
  );
  const { postSteps, orphans } = await finish();
  for (const { command } of orphans) problems.push({ kind: "process left", detail: command });
  const traces = [
    ...watch.stop(),
    ...[step, ...postSteps].flatMap((one) => stepTraces(one, job)),
    ...room.sentElsewhere,
  ];
  const hidden = [...secrets.secrets, ...tokensOf(deployer, lab, settings.jobToken)];
  const passed = [...paths, { name: "password of the proxy", value: way.proxyPassword }];
  problems.push(
    ...leaks(
      hidden,
      passed,
      traces.filter(({ where }) => !where.startsWith("variable")),
    ),
  );
  const log = [step, ...postSteps].map(({ text }) => text).join("\n");
  return { ending, problems, ms, error, log };
}

/** The token that the service gives to the job, or the reason why there is none. */
async function tokenOf(job: Job): Promise<{ readonly token: string | undefined; readonly text: string }> {
  const response = await fetchToken(job);
  const body = (await response.json()) as { access_token?: string; message?: string };
  return { token: response.ok ? body.access_token : undefined, text: body.message ?? String(response.status) };
}
