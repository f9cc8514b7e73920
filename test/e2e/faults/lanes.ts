import { type CellOutcome, runCell } from "./case.ts";
import { type Cell, isSilent } from "./cells.ts";
import type { FaultRoom } from "./room.ts";

/** Runs cells, `lanes` at a time, and calls `onEnd` with each outcome. Those that wait longest start first. */
export async function runCells(
  room: FaultRoom,
  cells: readonly Cell[],
  lanes: number,
  onEnd: (cell: Cell, outcome: CellOutcome) => void,
): Promise<void> {
  const waiting = [...cells].sort((one, other) => Number(isSilent(other)) - Number(isSilent(one)));
  const lane = async () => {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      onEnd(cell, await runCell(room, cell).catch(brokenCell));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** A cell that could not be examined to its end counts as wrong. */
function brokenCell(error: unknown): CellOutcome {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { ending: "another message", problems: [{ kind: "not examined", detail }], ms: 0, error: undefined, log: "" };
}

/** What is wrong with a cell, as one line; empty if nothing is. */
export function wrongIn({ problems }: Pick<CellOutcome, "problems">): string {
  return problems.map(({ kind, detail }) => `${kind}: ${detail}`).join("; ");
}
