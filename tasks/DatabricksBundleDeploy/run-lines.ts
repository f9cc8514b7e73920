import { noWaitOption, runOptions } from "../common/databricks/cli/run-options.ts";
import type { InputReader } from "../common/pipeline/inputs.ts";
import { quoted, shownText } from "../common/pipeline/secrets.ts";
import { isTrue, refusedFlags, shellProblems, splitArguments } from "./arguments.ts";

/** A line of the input `run`: what to run, and how. */
export interface RunLine {
  /** As given, e.g. nightly or jobs.nightly. */
  readonly key: string;
  readonly options: readonly RunOption[];
  /** What stands after `--`. */
  readonly arguments: readonly string[];
}

export interface RunOption {
  /** e.g. --params */
  readonly name: string;
  /** undefined for an option that stands alone. */
  readonly value: string | undefined;
}

/** The input `run`: on each line a key and, as for the CLI, options and arguments of this run. */
export function readRunLines(reader: InputReader): RunLine[] {
  return reader.lines("run").flatMap((line) => {
    const words = splitArguments(line);
    const problem = words === undefined ? `a quotation mark is not closed in ${quoted(line)}.` : keyProblem(words);
    if (problem !== undefined) {
      reader.problem("run", problem);
      return [];
    }
    const { read, problems } = parseLine(words ?? []);
    for (const text of problems) reader.problem("run", `${shownText(read.key)}: ${text}`);
    return [read];
  });
}

/** The words of one option, as the CLI reads them. */
export function optionText({ name, value }: RunOption): string {
  return value === undefined ? name : `${name}=${value}`;
}

/** Whether an option that stands alone is on: `--restart=false` is not. */
function isOn({ value }: RunOption): boolean {
  return value === undefined || isTrue(value);
}

function keyProblem([key = ""]: readonly string[]): string | undefined {
  if (key.includes(",")) return `${quoted(key)} contains a comma. Write one key per line.`;
  if (key !== "" && !/^[-\u2010-\u2015\u2212]|\s/.test(key)) return undefined;
  return (
    `${quoted(key)} is not a resource key such as nightly or jobs.nightly. Write one key per line (in YAML, after "run: |"), ` +
    "and its options after it."
  );
}

function parseLine([key = "", ...words]: readonly string[]): { read: RunLine; problems: readonly string[] } {
  const dash = words.indexOf("--");
  const [before, after] = dash < 0 ? [words, []] : [words.slice(0, dash), words.slice(dash + 1)];
  const options: RunOption[] = [];
  const problems: string[] = [];
  for (let index = 0; index < before.length; index++) {
    const word = before[index] ?? "";
    const [name = ""] = word.split("=", 1);
    const known = runOptions.get(name);
    if (known === undefined) problems.push(...unknownWord(word, name));
    else if (word !== name) options.push({ name, value: word.slice(name.length + 1) });
    else if (known.takes === "nothing") options.push({ name, value: undefined });
    else {
      const next = before[index + 1];
      if (next?.startsWith("--") === false) index++;
      options.push({ name, value: next?.startsWith("--") === false ? next : "" });
    }
  }
  problems.push(...options.flatMap(valueProblems), ...conflicts(options), ...shellProblems(after));
  return { read: { key, options, arguments: after }, problems };
}

/** What is wrong with a word before `--` that is not an option of a run. */
function unknownWord(word: string, name: string): string[] {
  if (/^[\u2010-\u2015\u2212]/.test(word))
    return [`${quoted(word)} begins with a typographic dash. Type it again with "-".`];
  if (!word.startsWith("-")) {
    return [
      `${quoted(word)} is not an option. Write one key per line (in YAML, after "run: |"), and arguments of the run after " -- ".`,
    ];
  }
  if (name === noWaitOption) return [`${name} is not allowed: use the input noWait.`];
  const [, letters = ""] = /^-([a-z][\w-]+)/.exec(word) ?? [];
  if (runOptions.has(`--${letters}`)) return [`-${letters} begins with one dash: write --${letters}.`];
  const refused = refusedFlags(word);
  if (refused.length > 0) return refused;
  return [`${quoted(name)} is not an option of a run. A run has ${[...runOptions.keys()].join(", ")}.`];
}

function valueProblems({ name, value }: RunOption): string[] {
  const takes = runOptions.get(name)?.takes;
  if (takes === "nothing") return [];
  if (!value) return [`${name} has no value. If its value begins with "--", write ${name}=<value>.`];
  if (takes === "list") return shellProblems([value]);
  if (!value.includes("=")) return [`${quoted(value)} after ${name} does not have the form name=value.`];
  if (name === "--pipeline-params" && !/^full_refresh=(1|t|true|0|f|false)$/i.test(value)) {
    return [`${name} accepts only full_refresh=true or full_refresh=false.`];
  }
  if (losesQuotes(value)) {
    return [
      `the CLI removes quotation marks at the beginning and the end of ${quoted(value)}. If the run accepts it, write the parameter after " -- ".`,
    ];
  }
  return shellProblems([value.slice(value.indexOf("=") + 1)]);
}

/** Whether the CLI removes more of a pair than the quotation marks around it (spf13/pflag, string_to_string.go). */
function losesQuotes(pair: string): boolean {
  // It reads several pairs as CSV, and refuses such marks there.
  if (pair.split("=").length > 2) return false;
  const [, inside = pair] = /^"(.*)"$/.exec(pair) ?? [];
  return /^"|"$/.test(inside);
}

/** Options of a pipeline that exclude each other (databricks/cli, bundle/run/pipeline_options.go: Validate). */
function conflicts(options: readonly RunOption[]): string[] {
  const given = new Set(
    options.filter((one) => runOptions.get(one.name)?.takes !== "nothing" || isOn(one)).map(({ name }) => name),
  );
  const whole = ["--refresh-all", "--full-refresh-all", "--validate-only"].filter((name) => given.has(name));
  const parts = ["--refresh", "--full-refresh"].filter((name) => given.has(name));
  if (whole.length === 0 || whole.length + parts.length === 1) return [];
  return [`${[...whole, ...parts].join(" and ")} exclude each other.`];
}
