/** The first `most` items for a sentence, and the number of all others. */
export function listSome(all: readonly string[], most: number, separator = ", "): string {
  const shown = all.slice(0, most).join(separator);
  return all.length > most ? `${shown}${separator}and ${all.length - most} more` : shown;
}

/** e.g. 1,204. Node's own function loads the rules of all languages first, which takes longer than a request. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
