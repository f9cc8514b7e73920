import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { type CaseOutcome, runCase, type SweepCase, type SweepRoom } from "../test/e2e/deploy/sweep/case.ts";
import { moments, usualWaitMs, ways } from "../test/e2e/deploy/sweep/stops.ts";
import { taskNodes } from "../test/e2e/nodes.ts";
import { cliVersions } from "../test/lab/databricks/build.ts";
import { startLab } from "../test/lab/lab.ts";
import { root } from "./project.ts";
import { isWrong, type SweepResult, sweepTable, writeTable } from "./sweep/table.ts";

const commands = ["deploy", "destroy"] as const;
const logs = path.join(root, "dist/sweep");
const resultsFile = path.join(logs, "results.jsonl");
const help = `npm run sweep -- [options]: stops a deploy and a destroy at each of their requests to the workspace.
Without options it does so in every way, with each CLI version, and writes the table of docs/reliability.md.
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

function positive(text: string | undefined, standard: number): number {
  const value = Number(text ?? standard);
  if (!(value >= 0)) throw new Error(`'${text}' is not a number.`);
  return value;
}

/** Every case of one CLI version and command: as many requests as an undisturbed step makes. */
async function casesOf(room: SweepRoom, command: SweepCase["command"]): Promise<SweepCase[]> {
  const undisturbed = await runCase(room, { command, way: "cancel", moment: "before", n: Number.POSITIVE_INFINITY });
  if (undisturbed.faults.length > 0) throw new Error(`${command} without a stop: ${describe(undisturbed)}`);
  const every = positive(options.every, 1);
  const requests = Array.from({ length: undisturbed.count }, (_, index) => index + 1).filter((n) => n % every === 0);
  return chosen(ways, options.way).flatMap((way) =>
    chosen(moments, options.moment).flatMap((moment) =>
      requests.map((n) => ({ command, way, moment, n, waitMs: positive(options.wait, usualWaitMs[moment]) })),
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
      const name = `${room.cli} ${next.command}, ${next.way} ${next.moment} request ${next.n}`;
      const outcome = await runCase(room, next).catch((error: unknown) => brokenCase(error));
      console.log(`${name}: ${describe(outcome).replaceAll("\n", " ").slice(0, 400)} (${waiting.length} left)`);
      if (outcome.faults.length > 0 || options.logs) writeLog(name, outcome);
      record({ cli: room.cli, case: next, outcome: { ...outcome, logs: [] } });
    }
  };
  await Promise.all(Array.from({ length: positive(options.lanes, 3) }, lane));
}

function record(result: SweepResult): void {
  fs.appendFileSync(resultsFile, `${JSON.stringify(result)}\n`);
}

function recordedResults(): SweepResult[] {
  const text = fs.existsSync(resultsFile) ? fs.readFileSync(resultsFile, "utf8").trim() : "";
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line));
}

function isRecorded(cli: string, { command, way, moment, n }: SweepCase): boolean {
  return recordedResults().some(({ cli: other, case: one }) => {
    return other === cli && one.command === command && one.way === way && one.moment === moment && one.n === n;
  });
}

/** A case that could not be examined to its end counts as wrong. */
function brokenCase(error: unknown): CaseOutcome {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { request: "", count: 0, faults: [{ kind: "not examined", detail }], inFlight: [], logs: [] };
}

function writeLog(name: string, outcome: CaseOutcome): void {
  const faults = outcome.faults.map(({ kind, detail }) => `${kind}: ${detail}`).join("\n");
  const text = [`${name}\n${outcome.request}\n${outcome.inFlight.join("\n")}\n${faults}`, ...outcome.logs].join(
    `\n${"=".repeat(80)}\n`,
  );
  fs.writeFileSync(path.join(logs, `${name.replaceAll(/[ ,]+/g, "-")}.log`), text);
}

/** Runs all cases that were asked for. */
async function runSweep(): Promise<void> {
  const right = options.again ? recordedResults().filter(({ outcome }) => !isWrong(outcome)) : [];
  if (!options.continue) fs.rmSync(logs, { recursive: true, force: true });
  fs.mkdirSync(logs, { recursive: true });
  for (const result of right) record(result);
  const lab = await startLab(console.log);
  try {
    for (const [index, cli] of chosen(cliVersions, options.cli).entries()) {
      const room = { lab, cli, node: taskNodes[index % taskNodes.length]?.path ?? "" };
      for (const command of chosen(commands, options.command)) {
        const cases = await casesOf(room, command);
        await sweep(
          room,
          cases.filter((one) => !isRecorded(cli, one)),
        );
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
  const results = recordedResults();
  console.log(`\n${sweepTable(results)}`);
  const { cli, command, way, moment, every, wait } = options;
  const isFull = [cli, command, way, moment, every, wait].every((option) => option === undefined);
  if (isFull || options.write) writeTable(results);
  if (results.some(({ outcome }) => isWrong(outcome))) process.exitCode = 1;
}
