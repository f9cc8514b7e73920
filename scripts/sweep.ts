import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { type CaseOutcome, runCase, type SweepCase, type SweepRoom } from "../test/e2e/deploy/sweep/case.ts";
import { deliveryMs, moments, ways } from "../test/e2e/deploy/sweep/stops.ts";
import { taskNodes } from "../test/e2e/nodes.ts";
import { cliVersions } from "../test/lab/databricks/build.ts";
import { startLab } from "../test/lab/lab.ts";
import { root } from "./project.ts";
import { type SweepResult, sweepTable, writeTable } from "./sweep/table.ts";

const commands = ["deploy", "destroy"] as const;
const logs = path.join(root, "dist/sweep");
const help = `npm run sweep -- [options]: stops a deploy and a destroy at each of their requests to the workspace.
Without options it does so in every way, with each CLI version, and writes the table of docs/reliability.md.
  --cli VERSION    only this version of the CLI (repeat it for more): ${cliVersions.join(", ")}
  --command NAME   only deploy or destroy
  --way WAY        only one of: ${ways.join(", ")}
  --moment MOMENT  only before or after
  --every N        only each N-th request
  --wait MS        the delay of "after" (default ${deliveryMs})
  --lanes N        cases at the same time (default 3)
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
      requests.map((n) => ({ command, way, moment, n, waitMs: positive(options.wait, deliveryMs) })),
    ),
  );
}

function describe({ request, faults }: CaseOutcome): string {
  if (request === undefined) return "ended before that request";
  return faults.length === 0 ? `right (${request})` : faults.map(({ kind, detail }) => `${kind}: ${detail}`).join("; ");
}

async function sweep(room: SweepRoom, cases: SweepCase[]): Promise<SweepResult[]> {
  const results: SweepResult[] = [];
  const waiting = [...cases];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { command, way, moment, n } = next;
      const name = `${room.cli} ${command}, ${way} ${moment} request ${n}`;
      const outcome = await runCase(room, next).catch((error: unknown) => brokenCase(error));
      results.push({ cli: room.cli, case: next, outcome });
      console.log(
        `${results.length}/${cases.length} ${name}: ${describe(outcome).replaceAll("\n", " ").slice(0, 400)}`,
      );
      if (outcome.faults.length > 0 || options.logs) writeLog(name, outcome);
    }
  };
  await Promise.all(Array.from({ length: positive(options.lanes, 3) }, lane));
  return results;
}

/** A case that could not be examined to its end counts as wrong. */
function brokenCase(error: unknown): CaseOutcome {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { request: "", count: 0, faults: [{ kind: "not examined", detail }], logs: [] };
}

function writeLog(name: string, outcome: CaseOutcome): void {
  const faults = outcome.faults.map(({ kind, detail }) => `${kind}: ${detail}`).join("\n");
  const text = [`${name}\n${outcome.request}\n${faults}`, ...outcome.logs].join(`\n${"=".repeat(80)}\n`);
  fs.mkdirSync(logs, { recursive: true });
  fs.writeFileSync(path.join(logs, `${name.replaceAll(/[ ,]+/g, "-")}.log`), text);
}

if (options.help) {
  console.log(help);
} else {
  const results: SweepResult[] = [];
  fs.rmSync(logs, { recursive: true, force: true });
  const lab = await startLab(console.log);
  try {
    for (const [index, cli] of chosen(cliVersions, options.cli).entries()) {
      const room = { lab, cli, node: taskNodes[index % taskNodes.length]?.path ?? "" };
      for (const command of chosen(commands, options.command)) {
        results.push(...(await sweep(room, await casesOf(room, command))));
      }
    }
  } finally {
    await lab.close();
  }
  console.log(`\n${sweepTable(results)}`);
  const { cli, command, way, moment, every, wait } = options;
  if ([cli, command, way, moment, every, wait].every((option) => option === undefined)) writeTable(results);
  if (results.some(({ outcome }) => outcome.faults.length > 0)) process.exitCode = 1;
}
