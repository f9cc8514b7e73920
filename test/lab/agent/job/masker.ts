/** Passwords in URLs are always masked (agent: AdditionalMaskingRegexes.cs). */
const urlPassword =
  /(?<=\/\/[^:/?#\n]+:)(?:[\p{L}\p{Mn}\p{Nd}\p{Pc}.~-]|(?:%|%AZP25)[0-9a-fA-F]{2}|[!$&'()*+,;=]|:)+(?=@)/gu;

const replacement = "***";

type Range = readonly [start: number, end: number];

/** Replaces registered secrets in text. Secrets are added over a job's life and never removed. */
export class SecretMasker {
  readonly #values = new Set<string>();

  /** Registers a value and the forms in which log writers commonly encode it. */
  addValue(value: string): void {
    if (value === "") return;
    for (const form of [value, jsonEscape(value), uriDataEscape(value), backslashUnescape(value)]) {
      if (form !== "") this.#values.add(form);
    }
  }

  /** Registers a secret variable with the variants that the worker adds at job start (agent: Worker.cs). */
  addUserSecret(value: string): void {
    if (value.trim() === "") return;
    const base64 = Buffer.from(value, "utf8").toString("base64");
    for (const plain of [value, base64]) {
      for (const form of [plain, escapeLineBreaks(plain.replaceAll("%", "%AZP25")), escapeLineBreaks(plain)]) {
        this.addValue(form);
        this.addValue(trimQuotes(form));
        this.addValue(form.replace(/^[\r\n ]+|[\r\n ]+$/g, ""));
      }
    }
  }

  /** Masks every occurrence; ranges that overlap or touch become one mask, so that lengths stay hidden. */
  mask(text: string): string {
    let masked = "";
    let position = 0;
    for (const [start, end] of mergeRanges(this.#ranges(text))) {
      masked += text.slice(position, start) + replacement;
      position = end;
    }
    return masked + text.slice(position);
  }

  #ranges(text: string): Range[] {
    const ranges: Range[] = [];
    for (const value of this.#values) {
      for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
        ranges.push([at, at + value.length]);
      }
    }
    for (const match of text.matchAll(urlPassword)) ranges.push([match.index, match.index + match[0].length]);
    return ranges;
  }
}

function mergeRanges(ranges: Range[]): Range[] {
  const merged: [number, number][] = [];
  for (const [start, end] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

function jsonEscape(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replace(/[\u0085\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** .NET's Uri.EscapeDataString also escapes characters that encodeURIComponent keeps. */
function uriDataEscape(value: string): string {
  return encodeURIComponent(Buffer.from(value, "utf8").toString("utf8")).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function backslashUnescape(value: string): string {
  return value.replaceAll("\\\\", "\\").replaceAll("\\'", "'").replaceAll('\\"', '"').replaceAll("\\t", "\t");
}

function escapeLineBreaks(value: string): string {
  return value.replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function trimQuotes(value: string): string {
  const quoted = /^(['"])(.*)\1$/s.exec(value);
  const quote = quoted?.[1];
  if (quote === undefined) return value;
  return value.replace(new RegExp(`^${quote}+|${quote}+$`, "g"), "");
}
