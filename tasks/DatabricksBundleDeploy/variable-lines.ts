import type { InputReader } from "../common/pipeline/inputs.ts";
import { isLineOfSecret, shownName } from "../common/pipeline/secrets.ts";

/** The input `variables`: `name=value` lines; the value is everything up to the end of the line, unchanged. */
export function readVariables(reader: InputReader): Record<string, string> {
  const variables = new Map<string, string>();
  for (const [index, line] of (reader.text("variables") ?? "").split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const [, name, value] = /^\s*([A-Za-z_][\w-]*)\s*=(.*)$/s.exec(line) ?? [];
    if (name === undefined || value === undefined) reader.problem("variables", lineProblem(line, index + 1));
    else if (variables.has(name)) reader.problem("variables", `${shownName(name)} is set twice.`);
    else variables.set(name, value);
  }
  return Object.fromEntries(variables);
}

/** Spaces and marks that an editor does not show as such: all but the blank and the tab. */
const invisible = /[^\S \t]|[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/;

/** Does not quote the line, which may be a part of a secret. */
function lineProblem(line: string, number: number): string {
  if (isLineOfSecret(line)) {
    return (
      "a secret of several lines cannot be a value here, because a value ends with its line. In env of this step, set " +
      "BUNDLE_VAR_<name> to the secret instead, with the name of the bundle variable."
    );
  }
  const [before = ""] = line.split("=", 1);
  const [hidden] = invisible.exec(before) ?? [];
  const example = "Write one variable per line, for example region=emea.";
  if (/^\s*(#|\/\/)/.test(line)) return `line ${number} is a comment. Comments are not possible here. ${example}`;
  if (/^\s*[[{]/.test(line)) return `line ${number} looks like JSON. ${example}`;
  if (hidden !== undefined) {
    const code = hidden.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return `line ${number} contains an invisible character (U+${code}) in the name. Type the name again.`;
  }
  if (/^\s*(-\s+)?[\w-]+\s*:/.test(before)) return `line ${number} has ":" after the name instead of "=". ${example}`;
  if (before !== line) {
    return `line ${number} does not begin with the name of a variable (letters, digits, "_" and "-"). ${example}`;
  }
  return `line ${number} does not have the form name=value. ${example}`;
}
