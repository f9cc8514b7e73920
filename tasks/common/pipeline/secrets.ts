import path from "node:path";

/** The secrets as they were given, and those lines of them that count as secrets. */
const values = new Set<string>();
/** The same in every form in which the agent's masker hides them. */
const forms = new Set<string>();

const mask = "***";

/** A shorter line says little, and hiding it (a bracket, a blank) would make a log unreadable. */
const shortestLine = 6;
/** Shorter text is found in a long secret by chance. */
const shortestPart = 4;

/**
 * Remembers a secret for the functions of this file. Returns what the agent must hide so that no program shows it: its lines
 * that are secrets of their own (the value if it has one line, otherwise those of at least 6 characters that are not the header
 * or footer of a PEM file), the encodings of the CLI and the form in a path, which the agent does not derive by itself.
 */
export function rememberSecret(value: string): string[] {
  if (value.trim() === "") return [];
  const lines = secretLines(value);
  // Most variants of most secrets are the same text.
  for (const text of new Set([...variantsOf(value), ...lines])) addForms(text);
  for (const line of [...lines, value]) values.add(line);
  return [...new Set([...lines, ...lines.flatMap(goForms), ...lines.flatMap(pathForms)])];
}

/** Forgets all secrets: for a process that runs long and gets new ones again and again, but prints nothing. */
export function forgetSecrets(): void {
  values.clear();
  forms.clear();
}

/** The agent hides only whole values, and what prints a secret of several lines prints it line by line. */
function secretLines(value: string): string[] {
  if (!/[\r\n]/.test(value)) return [value];
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  return [...new Set(lines)].filter((line) => line.length >= shortestLine && !/^-----[A-Z ]+-----$/.test(line));
}

/** What the agent derives from a secret variable at the start of a job (agent: Worker.cs). */
function variantsOf(value: string): string[] {
  const encoded = Buffer.from(value, "utf8").toString("base64");
  const escaped = [value, encoded].flatMap((text) => [
    text,
    escapeLineEnds(text.replaceAll("%", "%AZP25")),
    escapeLineEnds(text),
  ]);
  return escaped.flatMap((text) => [text, withoutQuotes(text), text.replace(/^[\r\n ]+|[\r\n ]+$/g, "")]);
}

/** A value in the encodings that the agent's masker adds to every value (agent: HostContext.cs). */
function addForms(value: string): void {
  const [json, uri] = [jsonForm(value), uriForm(value)];
  const plain = value.replace(/\\([\\'"])/g, "$1").replaceAll("\\t", "\t");
  for (const form of [value, json, uri, plain, ...goForms(value), ...pathForms(value)])
    if (form.trim() !== "") forms.add(form);
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

/** Passwords in URLs, which the agent always hides. */
const urlPassword = /(?<=\/\/[^:/?#\s]+:)[^\s@/?#]+(?=@)/g;

/** Text with `***` for each secret: for files to upload, because the agent masks only logs. */
export function maskSecrets(text: string): string {
  const passwords = [...text.matchAll(urlPassword)].map((match): Range => [match.index, match.index + match[0].length]);
  let masked = "";
  let position = 0;
  for (const [start, end] of merged([...secretRanges(text), ...passwords])) {
    masked += text.slice(position, start) + mask;
    position = end;
  }
  return masked + text.slice(position);
}

type Range = readonly [start: number, end: number];

function secretRanges(text: string): Range[] {
  const ranges: Range[] = [];
  for (const form of forms) {
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) ranges.push([at, at + form.length]);
  }
  return ranges;
}

/** Sorted, with ranges that overlap or touch as one. */
function merged(ranges: readonly Range[]): Range[] {
  const result: [number, number][] = [];
  for (const [start, end] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** Text of at most `most` characters, cut where no secret is cut in two: the agent would not hide its first half. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, cutBefore(text, most));
}

/** Text without what matches at its end, for a sentence to go on; unchanged if that is the end of a secret. */
export function withoutEnd(text: string, end: RegExp): string {
  const at = text.search(end);
  return at >= 0 && cutBefore(text, at) === at ? text.slice(0, at) : text;
}

/**
 * Where to cut text that goes on later: its length, or the beginning of the secret that its end cuts in two. 0 if all of it
 * may belong to secrets.
 */
export function endOfPiece(text: string): number {
  const starts = [...forms].map((form) => beginningAtEnd(text, form));
  return cutBefore(text, Math.min(text.length, ...starts));
}

/** Where the text ends with the beginning of a secret; otherwise its length. */
function beginningAtEnd(text: string, form: string): number {
  const first = form.charAt(0);
  const from = Math.max(0, text.length - form.length + 1);
  for (let at = text.indexOf(first, from); at >= 0; at = text.indexOf(first, at + 1)) {
    if (form.startsWith(text.slice(at))) return at;
  }
  return text.length;
}

function cutBefore(text: string, at: number): number {
  const cut = merged(secretRanges(text)).find(([start, end]) => start < at && at < end);
  if (cut) return cut[0];
  const isInCharacter = /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) && at < text.length;
  return isInCharacter ? at - 1 : at;
}

/** Whether a line is one of a secret that has several. */
export function isLineOfSecret(line: string): boolean {
  const text = line.trim();
  return [...values].some((value) => /[\r\n]/.test(value) && value.split(/[\r\n]+/).some((one) => one.trim() === text));
}

/** Text that was not understood, in quotation marks; `"***"` if it is a part of a secret. */
export function quoted(text: string): string {
  return `"${shownText(text)}"`;
}

/** The same without quotation marks. */
export function shownText(text: string): string {
  return isPartOfSecret(text) ? mask : maskSecrets(text);
}

/** The same for an address, without the user name and the password before its host. */
export function quotedUrl(text: string): string {
  return quoted(text).replace(/^"([a-z][a-z+.-]*:\/\/)?[^"]*@/i, `"$1${mask}@`);
}

/** The same for the name in `name=value`, without quotation marks. */
export function shownName(name: string): string {
  return isPartOfSecret(`${name}=`) ? mask : maskSecrets(name);
}

function isPartOfSecret(text: string): boolean {
  return text.length >= shortestPart && [...values].some((value) => value.includes(text));
}
