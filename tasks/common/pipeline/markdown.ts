/** Characters that change the order in which text is displayed (Unicode TR 9). */
const bidirectional = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** Escapes names, which users choose, so that they cannot contain Markdown, HTML or links, or start a table cell or line. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\r\n\t\u2028\u2029\u0085]+/g, " ")
    .replace(bidirectional, "")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[\\`*_{}[\]()#+!|~@$]/g, "\\$&")
    .replaceAll("://", "&#58;//")
    .replace(/(www)\./gi, "$1&#46;");
}

export function markdownLink(text: string, url: string): string {
  return isHttps(url) ? `[${escapeMarkdown(text)}](${linkTarget(url)})` : escapeMarkdown(text);
}

/**
 * Text as inline code, for services that make mentions and links of escaped text too. Nothing in it is Markdown, HTML or a
 * table cell's end; an invisible space separates what Azure DevOps takes for the mention of a person, a work item or a pull request.
 */
export function codeSpan(text: string): string {
  const inert = text
    .replace(/[\s\u0085]+/g, " ")
    .replace(bidirectional, "")
    .replaceAll("`", "'")
    .replaceAll("|", "¦")
    .replace(/@(?=<)|[#!](?=\d)/g, "$&\u200B")
    .trim();
  // Some renderers take a backslash before the last quotation mark for an escape.
  const end = inert.endsWith("\\") ? " " : "";
  return inert === "" ? "" : `\`${inert}${end}\``;
}

export function codeLink(text: string, url: string): string {
  const code = codeSpan(text);
  return code !== "" && isHttps(url) ? `[${code}](${linkTarget(url)})` : code;
}

function isHttps(url: string): boolean {
  return /^https:\/\//.test(url);
}

function linkTarget(url: string): string {
  return url.replace(/[\p{Cc}()<>\s|"\\]/gu, percentEncoded);
}

/** Encodes parentheses too, which encodeURIComponent does not. */
function percentEncoded(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

/** Text to copy: as code if that shows every character as it is, otherwise escaped. */
export function markdownCode(text: string): string {
  const isPlain = /^[\p{L}\p{N}\p{P}\p{S}]+( [\p{L}\p{N}\p{P}\p{S}]+)*$/u.test(text) && !/[`|\\<>&]/.test(text);
  return isPlain ? `\`${text}\`` : escapeMarkdown(text);
}

/** The lines of a table; the cells must already be Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** e.g. 1 min 5 s */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
