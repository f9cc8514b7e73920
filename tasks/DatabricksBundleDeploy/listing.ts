/** The first of many things in one sentence, and how many more there are. */
export function listSome(all: readonly string[], most: number, separator = ", "): string {
  const shown = all.slice(0, most).join(separator);
  return all.length > most ? `${shown}${separator}and ${all.length - most} more` : shown;
}
