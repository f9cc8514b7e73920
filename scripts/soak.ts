import { parseArgs } from "node:util";
import { startInstallerLab } from "../test/e2e/installer/installer-lab.ts";
import { taskNodes } from "../test/e2e/nodes.ts";
import { soakDeploys } from "../test/e2e/soak/deploys.ts";
import { soakInstallers } from "../test/e2e/soak/installers.ts";
import { soakLogin } from "../test/e2e/soak/login.ts";
import { type SoakOutcome, wrongIn } from "../test/e2e/soak/outcome.ts";
import { soakSeed } from "../test/e2e/soak/random.ts";
import { soakTogether } from "../test/e2e/soak/together.ts";
import { buildDatabricks, cliVersions } from "../test/lab/databricks/build.ts";
import { type Lab, startLab } from "../test/lab/lab.ts";
import { recordedResults, recordResult, type SoakPart, soakParts, soakReport, writeReport } from "./soak/results.ts";

const help = `npm run soak -- [parts] [options]: runs the tasks many times, and for a long time, and looks for what grows.
Parts (all of them if none is given): ${soakParts.join(", ")}
  --deploys N           deploys in a row on each version of Node (default 200)
  --jobs N              deploys at once (default 8)
  --rounds N            how often they run, in each of three ways (default 8)
  --installers N        installers at once (default 32)
  --installer-rounds N  versions that they install, one after the other (default 50)
  --login-minutes N     length of a login on each version of Node (default 120)
  --table               print only the report of the last result of each part
  --write               write the report into docs/reliability.md; a run of all parts without options does so as well
The variable SOAK_SEED repeats the random choices of another run.`;
const one = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    deploys: one,
    jobs: one,
    rounds: one,
    installers: one,
    "installer-rounds": one,
    "login-minutes": one,
    table: flag,
    write: flag,
    help: flag,
  },
});
type Size = Exclude<keyof typeof options, "table" | "write" | "help">;

const seed = soakSeed();
const log = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);

/** The size that was asked for, or the usual one. Throws if it is not a number above 0. */
function size(name: Size, usual: number): number {
  const value = Number(options[name] ?? usual);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not '${options[name]}'.`);
  return value;
}

async function inLab<T>(work: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await startLab(log);
  return work(lab).finally(lab.close);
}

const run: Readonly<Record<SoakPart, () => Promise<SoakOutcome[]>>> = {
  deploys: () =>
    inLab(async (lab) => {
      const outcomes: SoakOutcome[] = [];
      for (const node of taskNodes) {
        outcomes.push(await soakDeploys({ lab, node, count: size("deploys", 200), seed, log }));
      }
      return outcomes;
    }),
  together: () =>
    inLab(async (lab) => [
      await soakTogether({ lab, nodes: taskNodes, jobs: size("jobs", 8), rounds: size("rounds", 8), log }),
    ]),
  installers: async () => [await installers()],
  login: () =>
    Promise.all(
      taskNodes.map((node) =>
        inLab((lab) => soakLogin({ lab, node, seconds: size("login-minutes", 120) * 60, seed, log })),
      ),
    ),
};

async function installers(): Promise<SoakOutcome> {
  const programs = await buildDatabricks({ log });
  const real = new Map<string, string>();
  for (const version of cliVersions) real.set(version, await programs.cli(version));
  const lab = await startInstallerLab();
  const counts = { installers: size("installers", 32), rounds: size("installer-rounds", 50) };
  return soakInstallers({ lab, nodes: taskNodes, ...counts, seed, real, log }).finally(lab.close);
}

/** The parts that were asked for; all of them if none was. Throws if one does not exist. */
function chosenParts(): readonly SoakPart[] {
  const unknown = positionals.find((name) => !soakParts.some((part) => part === name));
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}: choose from ${soakParts.join(", ")}.`);
  return positionals.length === 0 ? soakParts : soakParts.filter((part) => positionals.includes(part));
}

/** The command that repeats a part of this run. */
function commandOf(part: SoakPart): string {
  const given = process.argv.slice(2).filter((word) => !soakParts.some((name) => name === word) && word !== "--write");
  return [`SOAK_SEED=${seed} npm run soak -- ${part}`, ...given].join(" ");
}

async function soak(): Promise<void> {
  log(`SOAK_SEED=${seed}`);
  for (const part of chosenParts()) {
    const started = Date.now();
    const outcomes = await run[part]();
    recordResult({ part, command: commandOf(part), outcomes });
    log(`${part}: ${Math.round((Date.now() - started) / 60_000)} min, ${outcomes.flatMap(wrongIn).length} wrong`);
  }
}

if (options.help) {
  console.log(help);
} else {
  if (!options.table) await soak();
  const results = recordedResults();
  console.log(`\n${soakReport(results)}`);
  const wrong = results.flatMap(({ outcomes }) => outcomes.flatMap(wrongIn));
  for (const fault of wrong) console.log(`\n${fault}`);
  if (options.write || process.argv.length === 2) writeReport(results);
  if (wrong.length > 0) process.exitCode = 1;
}
