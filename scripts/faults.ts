import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import type { CellOutcome } from "../test/e2e/faults/case.ts";
import { allCells, type Cell, nameOf } from "../test/e2e/faults/cells.ts";
import { runCells, wrongIn } from "../test/e2e/faults/lanes.ts";
import { openRoom } from "../test/e2e/faults/room.ts";
import { taskNodes } from "../test/e2e/nodes.ts";
import { startLab } from "../test/lab/lab.ts";
import { type FaultResult, faultTable, writeFaultTable } from "./faults/table.ts";
import { root } from "./project.ts";

const logs = path.join(root, "dist/faults");
const resultsFile = path.join(logs, "results.jsonl");
const help = `npm run faults -- [options] [words]: runs all tasks against services that fail.
Without options and words it runs all cells, and writes the table of docs/reliability.md. With words, it runs only the cells
whose names contain one of them, such as "deploy, workspace, during".
  --lanes N    cells at the same time (default 8): most of them wait
  --continue   keep the results of the last run, and run only the cells that it did not get to
  --again      the same, and also run the cells again in which something was wrong
  --table      print only the table of the results so far
  --write      write the table although not all cells ran
  --list       print only the names of the cells
  --logs       keep the logs of all cells in dist/faults, not only of those in which something is wrong`;
const flag = { type: "boolean" } as const;
const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    lanes: { type: "string" },
    continue: flag,
    again: flag,
    table: flag,
    write: flag,
    list: flag,
    logs: flag,
    help: flag,
  },
});

const lanes = Number(options.lanes ?? 8);
if (!(lanes >= 1)) throw new Error(`--lanes must be a number of at least 1, not '${options.lanes}'.`);
const cells = allCells().filter((cell) => words.length === 0 || words.some((word) => nameOf(cell).includes(word)));
if (cells.length === 0) throw new Error(`No cell has a name with ${words.join(" or ")}: see --list.`);

function recordedResults(): FaultResult[] {
  const text = fs.existsSync(resultsFile) ? fs.readFileSync(resultsFile, "utf8").trim() : "";
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line));
}

/** Prints and records what became of a cell. */
function record(cell: Cell, { log, ...outcome }: CellOutcome): void {
  const wrong = wrongIn(outcome);
  const end = `${outcome.ending}, ${(outcome.ms / 1000).toFixed(1)} s`;
  console.log(`${nameOf(cell)}: ${end}${wrong ? ` WRONG ${wrong.replaceAll("\n", " ").slice(0, 500)}` : ""}`);
  if (wrong !== "" || options.logs) writeLog(cell, outcome, log);
  fs.appendFileSync(resultsFile, `${JSON.stringify({ cell, outcome })}\n`);
}

function writeLog(cell: Cell, outcome: Omit<CellOutcome, "log">, log: string): void {
  const file = path.join(logs, `${nameOf(cell).replaceAll(/[ ,]+/g, "-")}.log`);
  fs.writeFileSync(file, `${JSON.stringify(outcome, null, 2)}\n${log}\n`);
}

async function runMatrix(): Promise<void> {
  const all = options.continue || options.again ? recordedResults() : [];
  const kept = options.again ? all.filter(({ outcome }) => outcome.problems.length === 0) : all;
  if (!options.continue && !options.again) fs.rmSync(logs, { recursive: true, force: true });
  fs.mkdirSync(logs, { recursive: true });
  fs.writeFileSync(resultsFile, kept.map((one) => `${JSON.stringify(one)}\n`).join(""));
  const done = new Set(kept.map(({ cell }) => nameOf(cell)));
  const lab = await startLab(console.log);
  const room = await openRoom(
    lab,
    taskNodes.map((node) => node.path),
  );
  try {
    const left = cells.filter((cell) => !done.has(nameOf(cell)));
    await runCells(room, left, lanes, record);
  } finally {
    await room.close();
    await lab.close();
  }
}

if (options.help) {
  console.log(help);
} else if (options.list) {
  console.log(cells.map(nameOf).join("\n"));
} else {
  if (!options.table) await runMatrix();
  const results = recordedResults();
  console.log(`\n${faultTable(results)}`);
  const names = new Set(results.map(({ cell }) => nameOf(cell)));
  if (options.write || allCells().every((cell) => names.has(nameOf(cell)))) writeFaultTable(results);
  if (results.some(({ outcome }) => outcome.problems.length > 0)) process.exitCode = 1;
}
