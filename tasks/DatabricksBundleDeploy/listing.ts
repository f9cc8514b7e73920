/** The first `most` items for a sentence, and the number of all others. */
export function listSome(all: readonly string[], most: number, separator = ", "): string {
  const shown = all.slice(0, most).join(separator);
  return all.length > most ? `${shown}${separator}and ${all.length - most} more` : shown;
}
