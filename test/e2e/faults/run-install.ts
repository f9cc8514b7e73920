import { stepTraces, watchStep } from "../leak-search.ts";
import { stepOf } from "../steps/step.ts";
import type { CellOutcome, CellRun } from "./case.ts";
import { timeLimitMs } from "./cells.ts";
import { endingOf, filesBelow, generalProblems, isCopy, leaks, type Problem } from "./oracles.ts";
import { installedVersion } from "./room.ts";

/** Installs the newest version in a range: the step asks for a list, for the archive and for its checksum. */
export async function runInstall({ room, cell, agent, way, cancel, secrets, ageOf }: CellRun): Promise<CellOutcome> {
  const { lab, executable } = room;
  const settings = lab.job();
  const { variables } = secrets;
  const job = await agent.startJob({ ...settings, debug: true, variables });
  const watch = watchStep(agent, 50);
  const step = stepOf(
    await job.run({
      task: "DatabricksCliInstaller@1",
      name: "cli",
      inputs: { version: "1.x", reuseInstalled: "false" },
      cancel,
      timeoutMs: timeLimitMs(cell),
      onStart: watch.onStart,
    }),
  );
  const ms = ageOf(step);
  const traces = [...watch.stop(), ...stepTraces(step, job), ...room.sentElsewhere];
  const ending = endingOf(step, cell);
  const hidden = [...secrets.secrets, { name: "job access token", value: settings.jobToken }];
  const problems = [
    ...(await generalProblems(cell, { ...step, durationMs: ms }, ending, job)),
    ...leaks(hidden, [{ name: "password of the proxy", value: way.proxyPassword }], traces),
    ...cacheProblems(agent.toolsDirectory, step.outputs, ending, executable),
  ];
  await job.finish();
  return { ending, problems, ms, error: step.errors[0], log: step.text };
}

/** What is wrong with the tool cache: after success, it must contain the right executable; otherwise nothing. */
function cacheProblems(
  folder: string,
  outputs: Readonly<Record<string, string>>,
  ending: CellOutcome["ending"],
  executable: string,
): Problem[] {
  const isRight = outputs["version"] === installedVersion && isCopy(outputs["path"], executable);
  if (ending === "succeeded") return isRight ? [] : [{ kind: "false success", detail: JSON.stringify(outputs) }];
  return filesBelow(folder).map((file): Problem => ({ kind: "file left", detail: `${file} (tool cache)` }));
}
