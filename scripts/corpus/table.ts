import type { Difference } from "../../test/e2e/corpus/compare.ts";
import { explanationOf } from "./known.ts";

/** What became of one bundle. */
export interface CorpusResult {
  readonly name: string;
  readonly differences: readonly Difference[];
  /** Why the bundle was not run. */
  readonly leftOut?: string;
  /** Why the comparison itself failed. */
  readonly broken?: string;
  /** The command at which the plain CLI failed, and its first error. */
  readonly failed?: string;
  /** Whether something differed at first, but not in the same way when it was compared again. */
  readonly varies?: boolean;
  /** The file with everything that both sides did and showed. */
  readonly log?: string;
}

/** Whether something differs that is not known and explained. */
export function isUnexplained({ differences, broken }: CorpusResult): boolean {
  return broken !== undefined || differences.some((one) => explanationOf(one) === undefined);
}

/** What a run prints about a bundle: nothing if both sides did the same. */
export function differenceLines({ name, differences, broken, varies, log }: CorpusResult): string[] {
  if (broken !== undefined) return [`${name}: could not be compared: ${broken}`];
  if (varies) return [`${name} differed in one of two comparisons (${log})`];
  const open = differences.filter((one) => explanationOf(one) === undefined);
  const [first] = open;
  if (first === undefined) return [];
  const texts = [...new Set(open.map(({ command, kind, detail }) => `${command}: ${kind}: ${detail.slice(0, 300)}`))];
  const more = texts.length > 3 ? [`  … and ${texts.length - 3} more`] : [];
  return [`${name} differs (${log})`, ...texts.slice(0, 3).map((text) => `  ${text}`), ...more];
}

/** How many bundles were compared, with which result. */
export function corpusTable(results: readonly CorpusResult[]): string {
  const ran = results.filter(({ leftOut, broken }) => leftOut === undefined && broken === undefined);
  const varying = ran.filter(({ varies }) => varies);
  const equal = ran.filter(({ differences, varies }) => differences.length === 0 && !varies);
  const different = ran.filter(isUnexplained);
  const failing = equal.filter(({ failed }) => failed !== undefined);
  const rows: [string, number][] = [
    ["Compared", ran.length],
    ["Equal", equal.length],
    ["of them, bundles that the CLI refuses", failing.length],
    ["Known differences only", ran.length - equal.length - varying.length - different.length],
    ["Differed in one of two comparisons", varying.length],
    ["Different", different.length],
    ["Could not be compared", results.filter(({ broken }) => broken !== undefined).length],
    ...counted(results.flatMap(({ leftOut }) => (leftOut === undefined ? [] : [`Left out: ${leftOut}`]))),
    ...counted(
      ran.flatMap(({ differences }) => [...new Set(differences.flatMap((one) => explanationOf(one)?.reason ?? []))]),
    ),
  ];
  return ["| What | Bundles |", "| --- | --- |", ...rows.map(([what, count]) => `| ${what} | ${count} |`)].join("\n");
}

function counted(texts: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}
