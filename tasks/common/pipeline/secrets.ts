import { extraForms, formsOf, secretLines, variantsOf } from "./secret-forms.ts";

/** The secrets as they were given, and those lines of them that count as secrets. */
const values = new Set<string>();
/** The same in every form in which the agent's masker hides them. */
const forms = new Set<string>();

const mask = "***";

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
  for (const text of new Set([...variantsOf(value), ...lines])) {
    for (const form of formsOf(text)) if (form.trim() !== "") forms.add(form);
  }
  for (const line of [...lines, value]) values.add(line);
  return [...new Set([...lines, ...lines.flatMap(extraForms)])];
}

/** Forgets all secrets: for a process that runs long and gets new ones again and again, but prints nothing. */
export function forgetSecrets(): void {
  values.clear();
  forms.clear();
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
