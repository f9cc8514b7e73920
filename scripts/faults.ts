import path from "node:path";
import { parseArgs } from "node:util";
import type { CellOutcome } from "../test/e2e/faults/case.ts";
import { allCells, type Cell, nameOf } from "../test/e2e/faults/cells.ts";
import { runCells, wrongIn } from "../test/e2e/faults/lanes.ts";
import { openRoom } from "../test/e2e/faults/room.ts";
import { taskNodes } from "../test/e2e/nodes.ts";
import { startLab } from "../test/lab/lab.ts";
import { CaseResults } from "./case-results.ts";
import { type FaultResult, faultTable, faultTables, isIn, writeFaultTable } from "./faults/table.ts";
import { root } from "./project.ts";

const results = new CaseResults<FaultResult>(path.join(root, "dist/faults"), ({ cell }) => nameOf(cell));
const help = `npm run faults -- [options] [words]: runs all tasks against services that fail.
Without options and words it runs all cells, and writes the tables of docs/reliability.md. With words, it runs only the cells
whose names contain one of them, such as "deploy, workspace, during", and keeps the results of all others.
  --lanes N    cells at the same time (default 8): most of them wait
  --continue   keep the results of the last run, and run only the cells that it did not get to
  --again      the same, and also run the cells again in which something was wrong
  --table      print only the tables of the results so far
  --write      write the tables with results, also with words, and although not all cells ran
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

/** Prints and records what became of a cell. */
function record(cell: Cell, { log, ...outcome }: CellOutcome): void {
  const wrong = wrongIn(outcome);
  const end = `${outcome.ending}, ${(outcome.ms / 1000).toFixed(1)} s`;
  console.log(`${nameOf(cell)}: ${end}${wrong ? ` WRONG ${wrong.replaceAll("\n", " ").slice(0, 500)}` : ""}`);
  const isLogged = wrong !== "" || options.logs;
  results.add({ cell, outcome }, isLogged ? `${JSON.stringify(outcome, null, 2)}\n${log}\n` : undefined);
}

/** Whether a cell must run: without --continue and --again, each one must. */
function isLeft(cell: Cell, recorded: ReadonlyMap<string, FaultResult>): boolean {
  const known = recorded.get(nameOf(cell));
  if (known === undefined) return true;
  return options.again ? isWrong(known) : !options.continue;
}

function isWrong({ outcome }: FaultResult): boolean {
  return outcome.problems.length > 0;
}

async function runMatrix(): Promise<void> {
  if (!options.continue && !options.again && words.length === 0) results.clear();
  const recorded = results.byName();
  const left = cells.filter((cell) => isLeft(cell, recorded));
  const lab = await startLab(console.log);
  try {
    const nodes = taskNodes.map((node) => node.path);
    const room = await openRoom(lab, nodes);
    try {
      await runCells(room, left, lanes, record);
    } finally {
      await room.close();
    }
  } finally {
    await lab.close();
  }
}

if (options.help) {
  console.log(help);
} else if (options.list) {
  console.log(cells.map(nameOf).join("\n"));
} else {
  if (!options.table) await runMatrix();
  const recorded = results.byName();
  const resultsOf = (some: readonly Cell[]) => some.flatMap((cell) => recorded.get(nameOf(cell)) ?? []);
  const isWhole = words.length === 0 && resultsOf(cells).length === cells.length;
  for (const table of faultTables) {
    const found = resultsOf(allCells().filter((cell) => isIn(table, cell)));
    if (found.length === 0) continue;
    console.log(`\n${faultTable(table, found)}`);
    if (options.write || isWhole) writeFaultTable(table, found);
  }
  if (resultsOf(cells).some(isWrong)) process.exitCode = 1;
}
