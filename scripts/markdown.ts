/** Replaces the text between `<!-- marker -->` and `<!-- endMarker -->`. Throws if they are not there. */
export function between(text: string, marker: string, content: string, endMarker = "end"): string {
  const [start, end] = [`<!-- ${marker} -->\n`, `<!-- ${endMarker} -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`There is no ${start.trim()} followed by ${end}.`);
  return `${text.slice(0, from + start.length)}\n${content}\n${text.slice(to)}`;
}

/** The lines of a table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")))];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`.replace(/ {2,}/g, " ")).join("\n")}\n`;
}
