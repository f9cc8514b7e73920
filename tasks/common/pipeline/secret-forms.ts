import path from "node:path";

/** A shorter line says little, and hiding it (a bracket, a blank) would make a log unreadable. */
const shortestLine = 6;

/** The agent hides only whole values, and what prints a secret of several lines prints it line by line. */
export function secretLines(value: string): string[] {
  if (!/[\r\n]/.test(value)) return [value];
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  return [...new Set(lines)].filter((line) => line.length >= shortestLine && !/^-----[A-Z ]+-----$/.test(line));
}

/** What the agent derives from a secret variable at the start of a job (agent: Worker.cs). */
export function variantsOf(value: string): string[] {
  const encoded = Buffer.from(value, "utf8").toString("base64");
  const escaped = [value, encoded].flatMap((text) => [
    text,
    escapeLineEnds(text.replaceAll("%", "%AZP25")),
    escapeLineEnds(text),
  ]);
  return escaped.flatMap((text) => [text, withoutQuotes(text), text.replace(/^[\r\n ]+|[\r\n ]+$/g, "")]);
}

/** A value in the encodings that the agent's masker adds to every value (agent: HostContext.cs), and in the extra ones. */
export function formsOf(value: string): string[] {
  const plain = value.replace(/\\([\\'"])/g, "$1").replaceAll("\\t", "\t");
  return [value, jsonForm(value), uriForm(value), plain, ...extraForms(value)];
}

/** The forms of a value that the agent does not derive by itself. */
export function extraForms(value: string): string[] {
  return [...goForms(value), ...pathForms(value)];
}

/**
 * A value as the CLI, a Go program, writes it into a path, a query and JSON, where that differs from the agent's own forms
 * (Go: net/url, shouldEscape; encoding/json, HTMLEscape).
 */
function goForms(value: string): string[] {
  const [json, uri] = [jsonForm(value), uriForm(value)];
  const segment = uri.replace(/%(24|26|2B|3A|3D|40)/g, decodeURIComponent);
  const path = segment.replace(/%(2C|2F|3B)/g, decodeURIComponent);
  const query = uri.replaceAll("%20", "+");
  const html = json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return [segment, path, query, html].filter((form) => ![value, uri, json].includes(form));
}

/** A value in an input that is a file: the agent makes a full path of it, without doubled slashes (agent: TaskRunner.cs). */
function pathForms(value: string): string[] {
  const normal = path.normalize(value);
  const forms = [normal, normal.replace(/[\\/]+$/, "")];
  return forms.filter((form) => form !== value && form.length >= shortestLine);
}

/** Without the quotation marks. */
function jsonForm(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** .NET's Uri.EscapeDataString. encodeURIComponent throws at half of a character, which a buffer replaces. */
function uriForm(value: string): string {
  return encodeURIComponent(Buffer.from(value).toString()).replace(/[!'()*]/g, hexadecimal);
}

function hexadecimal(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function escapeLineEnds(text: string): string {
  return text.replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function withoutQuotes(text: string): string {
  return /^(["']).*\1$/s.test(text) ? text.replace(/^["']+|["']+$/g, "") : text;
}
