import { withoutPlaceholders } from "./text-list.ts";

interface Rule {
  readonly pattern: RegExp;
  readonly advice: string;
}

/** Words that make a sentence hard to read, or that Azure DevOps spells otherwise. */
const rules: readonly Rule[] = [
  { pattern: /(?<!\bthere )\b(is|are|was|were) (no|none)\b/i, advice: 'write "is not a"' },
  { pattern: /\balone\b/i, advice: 'write "only", before what it limits' },
  { pattern: /\bmend(s|ed|ing)?\b/i, advice: 'write "fix"' },
  { pattern: /\b(no|any|some)body\b|\bwho\b|\bwhose\b/i, advice: "name the program, file or role" },
  { pattern: /\b(gives?|gave|got|lacks?) no\b|\blets? no/i, advice: "write what did not happen" },
  { pattern: /\bone(=\w+| [\w=]+)? a line\b|\ba line\b/i, advice: 'write "one per line"' },
  { pattern: /\bpass(es|ed)? by\b/i, advice: 'write "bypass"' },
  { pattern: /\bwhat it takes\b|\blacks what\b/i, advice: "write what is needed" },
  { pattern: /\b(stands?|stood|standing) (in|above|below|beside|here|there)\b/i, advice: 'write "is"' },
  {
    pattern: /\b(authoris|organis|recognis|neutralis|initialis|summaris|cancelled|colour|licenc|behaviour)/i,
    advice: "American spelling",
  },
  { pattern: /\bsa(y|ys|id|ying)\b/i, advice: 'a program or file "reports", "prints" or "contains"' },
  { pattern: /\bkno(w|ws|wing)\b/i, advice: 'a program "recognizes" or "supports"' },
  {
    pattern: /\b(anew|in its place|as it is|as they are|by hand|half-way|small letters)\b/i,
    advice: "use today's words",
  },
  { pattern: /\b(Application|client|tenant) ids?\b/, advice: 'write "ID"' },
  { pattern: /\b(which|that) is none\b|\bnone of\b/i, advice: 'write "is not one of"' },
  { pattern: /\bIf \w+ still\b/i, advice: "put the words in their usual order" },
];

/** What to change in a text, one line for each broken writing rule. */
export function brokenRules(text: string): string[] {
  const written = withoutPlaceholders(text);
  return rules.filter(({ pattern }) => pattern.test(written)).map(({ advice }) => advice);
}
