/** Members of a JSON value; empty if it is not an object. */
export function members(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Members of the JSON that the CLI printed. Throws an Error that, unlike the parser's, quotes nothing: it could cut a secret. */
export function printedMembers(json: string): Record<string, unknown> {
  const root = parsedObject(json);
  if (root === undefined) throw new Error("The Databricks CLI did not print valid JSON.");
  return root;
}

/** The object (or list) in a JSON text; undefined for any other value, and for text that is not JSON. */
export function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? members(value) : undefined;
  } catch {
    return undefined;
  }
}

/** Members of the object in a JSON text; empty if there is none. */
export function parsedMembers(text: string): Record<string, unknown> {
  return parsedObject(text) ?? {};
}

/** A non-empty string, or a number as text. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A value that is still to be written as JSON, or a piece of JSON. */
type Rest = { readonly value: unknown } | string;

/**
 * JSON with sorted members, so that equal values have equal text; `change` is applied to each text in it. Works on a list of what is
 * left instead of calling itself: the call stack would end in a value that is nested some thousand levels deep.
 */
export function canonicalJson(value: unknown, change: (text: string) => string): string {
  const written: string[] = [];
  const rest: Rest[] = [{ value }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next === "string") written.push(next);
    else if (typeof next.value === "object" && next.value !== null) {
      for (const piece of piecesOf(next.value).reverse()) rest.push(piece);
    } else written.push(JSON.stringify(typeof next.value === "string" ? change(next.value) : next.value));
  }
  return written.join("");
}

function piecesOf(value: object): Rest[] {
  const list = (pieces: readonly Rest[][]) => pieces.flatMap((one, index) => (index === 0 ? one : [",", ...one]));
  if (Array.isArray(value)) return ["[", ...list(value.map((item) => [{ value: item }])), "]"];
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // An object of its own, because JavaScript puts names that are numbers first.
  const entries = Object.entries(Object.fromEntries(sorted));
  return ["{", ...list(entries.map(([name, member]) => [`${JSON.stringify(name)}:`, { value: member }])), "}"];
}
