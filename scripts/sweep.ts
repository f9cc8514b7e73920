import path from "node:path";
import { parseArgs } from "node:util";
import { type CaseOutcome, runCase, type SweepCase, type SweepRoom } from "../test/e2e/deploy/sweep/case.ts";
import { moments, usualWaitMs, ways } from "../test/e2e/deploy/sweep/stops.ts";
import { taskNodes } from "../test/e2e/nodes.ts";
import { cliVersions } from "../test/lab/databricks/build.ts";
import { startLab } from "../test/lab/lab.ts";
import { CaseResults } from "./case-results.ts";
import { root } from "./project.ts";
import { isWrong, type SweepResult, sweepTable, writeTable } from "./sweep/table.ts";

const commands = ["deploy", "destroy"] as const;
const results = new CaseResults<SweepResult>(path.join(root, "dist/sweep"), nameOf);
const help = `npm run sweep -- [options]: stops a deploy and a destroy at each of their requests to the workspace.
Without options it does so in every way, with each CLI version, and writes the table of docs/reliability.md. If options leave
something out, the results of the cases that are left out are kept.
  --cli VERSION    only this version of the CLI (repeat it for more): ${cliVersions.join(", ")}
  --command NAME   only deploy or destroy
  --way WAY        only one of: ${ways.join(", ")}
  --moment MOMENT  only before or after
  --every N        only each N-th request
  --wait MS        the time between the request and the stop (default: before ${usualWaitMs.before}, after ${usualWaitMs.after})
  --lanes N        cases at the same time (default 3)
  --continue       keep the results of the last sweep, and run only the cases that it did not get to
  --again          the same, and run the cases again in which something was wrong
  --table          only the table, of the results so far
  --write          write the table although these options leave something out
  --logs           keep the logs of all cases in dist/sweep, not only of those in which something is wrong`;
const list = { type: "string", multiple: true } as const;
const one = { type: "string" } as const;
const { values: options } = parseArgs({
  options: {
    cli: list,
    command: list,
    way: list,
    moment: list,
    every: one,
    wait: one,
    lanes: one,
    continue: { type: "boolean" },
    again: { type: "boolean" },
    table: { type: "boolean" },
    write: { type: "boolean" },
    logs: { type: "boolean" },
    help: { type: "boolean" },
  },
});

/** The members of `all` that were asked for; all of them if none was. Throws if one does not exist. */
function chosen<Value extends string>(all: readonly Value[], asked: readonly string[] | undefined): readonly Value[] {
  const unknown = asked?.find((value) => !all.some((known) => known === value));
  if (unknown !== undefined) throw new Error(`There is no ${unknown}: choose from ${all.join(", ")}.`);
  return asked === undefined ? all : all.filter((value) => asked.includes(value));
}

/** The whole number of an option; undefined without the option. Throws if it is below `least`. */
function wholeNumber(option: "every" | "wait" | "lanes", least: number): number | undefined {
  const text = options[option];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${option} must be a whole number of at least ${least}, not '${text}'.`);
}

const asked = {
  clis: chosen<string>(cliVersions, options.cli),
  commands: chosen(commands, options.command),
  ways: chosen(ways, options.way),
  moments: chosen(moments, options.moment),
  every: wholeNumber("every", 1) ?? 1,
  wait: wholeNumber("wait", 0),
};
const lanes = wholeNumber("lanes", 1) ?? 3;
const isFull = (["cli", "command", "way", "moment", "every", "wait"] as const).every(
  (name) => options[name] === undefined,
);

function nameOf({ cli, case: { command, way, moment, n, waitMs } }: Omit<SweepResult, "outcome">): string {
  const wait = waitMs === usualWaitMs[moment] ? "" : `, wait ${waitMs}`;
  return `${cli} ${command}, ${way} ${moment} request ${n}${wait}`;
}

/** Whether the options do not leave out a case. */
function isAsked({ cli, case: { command, way, moment, n } }: SweepResult): boolean {
  const { clis, commands, ways, moments, every } = asked;
  const isNamed = clis.includes(cli) && commands.includes(command) && ways.includes(way) && moments.includes(moment);
  return isNamed && n % every === 0;
}

/** Every case of one CLI version and command: as many requests as an undisturbed step makes. */
async function casesOf(room: SweepRoom, command: SweepCase["command"]): Promise<SweepCase[]> {
  const undisturbed = await runCase(room, { command, way: "cancel", moment: "before", n: Number.POSITIVE_INFINITY });
  if (undisturbed.faults.length > 0) throw new Error(`${command} without a stop: ${describe(undisturbed)}`);
  const all = Array.from({ length: undisturbed.count }, (_, index) => index + 1);
  const requests = all.filter((n) => n % asked.every === 0);
  return asked.ways.flatMap((way) =>
    asked.moments.flatMap((moment) =>
      requests.map((n) => ({ command, way, moment, n, waitMs: asked.wait ?? usualWaitMs[moment] })),
    ),
  );
}

function describe({ request, faults, inFlight }: CaseOutcome): string {
  if (request === undefined) return "ended before that request";
  const open = inFlight.length > 0 ? `, during ${inFlight.join(", ")}` : "";
  const found = faults.map(({ kind, detail }) => `${kind}: ${detail}`).join("; ");
  return `${found || "right"} (${request}${open})`;
}

/** Runs cases, a few at a time, and records each result as it comes. */
async function sweep(room: SweepRoom, cases: SweepCase[]): Promise<void> {
  const waiting = [...cases];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const outcome = await runCase(room, next).catch((error: unknown) => brokenCase(error));
      const result = { cli: room.cli, case: next, outcome: { ...outcome, logs: [] } };
      const isLogged = outcome.faults.length > 0 || options.logs;
      results.add(result, isLogged ? logOf(nameOf(result), outcome) : undefined);
      const end = describe(outcome).replaceAll("\n", " ").slice(0, 400);
      console.log(`${nameOf(result)}: ${end} (${waiting.length} left)`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** A case that could not be examined to its end counts as wrong. */
function brokenCase(error: unknown): CaseOutcome {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { request: "", count: 0, faults: [{ kind: "not examined", detail }], inFlight: [], logs: [] };
}

function logOf(name: string, outcome: CaseOutcome): string {
  const faults = outcome.faults.map(({ kind, detail }) => `${kind}: ${detail}`).join("\n");
  const head = `${name}\n${outcome.request}\n${outcome.inFlight.join("\n")}\n${faults}`;
  return [head, ...outcome.logs].join(`\n${"=".repeat(80)}\n`);
}

/** Whether a case must run: without --continue and --again, each one must. */
function isLeft(known: SweepResult | undefined): boolean {
  if (known === undefined) return true;
  return options.again ? isWrong(known.outcome) : !options.continue;
}

/** The names of the cases that exist now, of what was asked for: an earlier version may have sent more requests. */
const current = new Set<string>();

/** Runs all cases that were asked for. */
async function runSweep(): Promise<void> {
  if (!options.continue && !options.again && isFull) results.clear();
  const recorded = results.byName();
  const lab = await startLab(console.log);
  try {
    for (const [index, cli] of asked.clis.entries()) {
      const room = { lab, cli, node: taskNodes[index % taskNodes.length]?.path ?? "" };
      for (const command of asked.commands) {
        const cases = await casesOf(room, command);
        for (const one of cases) current.add(nameOf({ cli, case: one }));
        const left = cases.filter((one) => isLeft(recorded.get(nameOf({ cli, case: one }))));
        await sweep(room, left);
      }
    }
  } finally {
    await lab.close();
  }
}

if (options.help) {
  console.log(help);
} else {
  if (!options.table) await runSweep();
  const isGone = (result: SweepResult) => !options.table && isAsked(result) && !current.has(nameOf(result));
  const isKnown = ({ cli }: SweepResult) => cliVersions.some((version) => version === cli);
  const recorded = [...results.byName().values()].filter((result) => isKnown(result) && !isGone(result));
  console.log(`\n${sweepTable(recorded)}`);
  if (isFull || options.write) writeTable(recorded);
  if (recorded.some((result) => isAsked(result) && isWrong(result.outcome))) process.exitCode = 1;
}
