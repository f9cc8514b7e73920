import { maskSecrets, shownText } from "../../common/pipeline/secrets.ts";

interface Advice {
  readonly pattern: RegExp;
  /** Completes "The value of the bundle variable <name> "; gets what the pattern matches. */
  readonly words: (found: string) => string;
}

const quotes = `"'\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb`;

/** As shells, PowerShell, expressions and Azure Pipelines write references; ${a.b} is one of the bundle itself. */
const references: readonly RegExp[] = [
  /\$env:\w+/,
  /\$\[.*?\]/,
  /\$\{\{.*?\}\}/,
  /\$\(\s[^)]*\)|\$\([^)]*\s\)|\$\(\(.*?\)\)/,
  // A macro whose parenthesis is missing.
  /\$\([A-Za-z_][\w.]*$|^\s*\$\w+\)\s*$/,
  /\$\{[A-Z_]\w*\}|\$\{\w+:[-=?+][^}]*\}/,
  /%[A-Z_]\w{2,}%/,
  /\$[A-Z_][A-Z0-9_]+\b/,
  /^\s*(\$\w+|\$\{\w+\}|%\w+%)\s*$/,
];

const unusual: readonly Advice[] = [
  {
    pattern: new RegExp(`^\\s*[${quotes}].*[${quotes}]\\s*$`, "s"),
    words: () => "is in quotes, which are part of it. Remove them if they are not meant.",
  },
  {
    pattern: new RegExp(`^\\s*[${quotes}](?!.*[${quotes}]\\s*$)`, "s"),
    words: () => "begins with a quotation mark, which is part of it. Remove it if it is not meant.",
  },
  {
    pattern: new RegExp(references.map(({ source }) => source).join("|")),
    words: (found) =>
      `contains ${shownText(found.trim())}, which is not replaced. Write $(name) to use a pipeline variable.`,
  },
  {
    pattern: /^[^\S\r\n]|[^\S\r\n]$/,
    words: () => "begins or ends with blanks, which are part of it. Remove them if they are not meant.",
  },
];

/** Only for values of one line: in text of several lines they are usual. */
const unusualInLine: readonly Advice[] = [
  {
    pattern: /\s(#|\/\/\s)/,
    words: () => "contains a comment, which is part of it. Remove the comment if it is not meant.",
  },
  {
    pattern: /\\\s*$/,
    words: () => "ends with a backslash, which is part of it: a value cannot continue on the next line.",
  },
  {
    pattern: /^\s*(=|>)/,
    words: (found) => `begins with ${found.trim()}, which is part of it: the first = is the end of the name.`,
  },
  {
    pattern: /([,;|]|\\[nr]|%0[AD]|<br ?\/?>)\s*$/i,
    words: (found) => `ends with ${found.trim()}, which is part of it. Only the end of the line separates variables.`,
  },
  {
    pattern: /(?<=\s)[A-Za-z_][\w-]*=/,
    words: (found) =>
      `contains ${shownText(found)}. To set another variable, write it on its own line in the input variables.`,
  },
];

/** Warnings about a value that is used as it is, but that looks like a mistake. A secret can look like anything. */
export function valueAdvice(name: string, value: string): string[] {
  if (maskSecrets(value.trim()) === "***") return [];
  const rules = /[\r\n]/.test(value.trim()) ? unusual : [...unusual, ...unusualInLine];
  return rules.flatMap(({ pattern, words }) => {
    const found = pattern.exec(value);
    return found ? [`The value of the bundle variable ${name} ${words(found[0])}`] : [];
  });
}
