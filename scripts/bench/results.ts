import { type Group, type Row, type RowName, rows } from "./rows.ts";

/** The result of a row: its value, why it was left out, or that the measurement failed. */
export type Result = { readonly row: RowName /** The Node version. */; readonly node?: string } & (
  | { readonly value: number /** The figures behind a ratio. */; readonly detail?: string }
  | { readonly leftOut: string }
  | { readonly failed: string }
);

/** The rows that the results of these groups must contain: with the name of the Node version where it matters. */
export function expectedRows(
  wanted: readonly Group[],
  nodes: readonly { readonly name: string }[],
): { readonly row: RowName; readonly node?: string }[] {
  const names = Object.keys(rows) as RowName[];
  return names
    .filter((name) => wanted.includes(rows[name].group))
    .flatMap((row) => ("perNode" in rows[row] ? nodes.map(({ name }) => ({ row, node: name })) : [{ row }]));
}

/** The name of a line of the results. */
export function nameOf({ row, node }: { readonly row: RowName; readonly node?: string }): string {
  return node === undefined ? rows[row].what : `${rows[row].what}, ${node}`;
}

/** The limit as the results show it; undefined for a row that only reports. */
export function limitOf(name: RowName): string | undefined {
  const { limit }: Row = rows[name];
  if (limit === undefined) return undefined;
  return "most" in limit ? `≤ ${limit.most}` : `≥ ${limit.least}`;
}

/** Whether a value is within the limit of its row. */
export function isWithin(name: RowName, value: number): boolean {
  const { limit }: Row = rows[name];
  if (limit === undefined) return true;
  return "most" in limit ? value <= limit.most : value >= limit.least;
}
