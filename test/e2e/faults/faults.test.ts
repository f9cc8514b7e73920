import fc from "fast-check";
import { expect, it } from "vitest";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";
import { allCells, nameOf, takesLong } from "./cells.ts";
import { runCells, wrongIn } from "./lanes.ts";
import { openRoom } from "./room.ts";

/** The variable repeats the cells of another run. */
const { FAULTS_SEED: givenSeed } = process.env;
const lanes = 6;
/** So many cells are chosen at random. */
const share = 50;
/** Most cells take seconds. A few wait for a service that is silent, on machines that can be busy. */
const patienceMs = 600_000;

const { lab } = useLab(taskNodes[0]?.path ?? "");

it(
  "If a service fails, tasks end with success or with an error about the fault, and leave nothing",
  async () => {
    const seed = Number(givenSeed ?? Math.trunc(Math.random() * 2 ** 31));
    const all = allCells();
    const short = all.filter((cell) => !takesLong(cell));
    const [cells = []] = fc.sample(fc.shuffledSubarray(short, { minLength: share, maxLength: share }), {
      seed,
      numRuns: 1,
    });
    console.log(`FAULTS_SEED=${seed}: ${cells.length} of ${all.length} cells`);
    const room = await openRoom(
      lab,
      taskNodes.map(({ path }) => path),
    );
    const wrong: string[] = [];
    await runCells(room, cells, lanes, (cell, outcome) => {
      const found = wrongIn(outcome);
      if (found !== "") wrong.push(`${nameOf(cell)}: ${found}\n${outcome.log}`);
    });
    await room.close();
    expect(wrong).toEqual([]);
  },
  patienceMs,
);
