import { noWaitOption, runOptions } from "../common/databricks/cli/run-options.ts";
import type { InputReader } from "../common/pipeline/inputs.ts";
import { quoted } from "../common/pipeline/secrets.ts";

/** Flags that would override an input or the output format, or that would stop the command from doing its work. */
const refused: Readonly<Record<string, string>> = {
  "--profile": "the task signs in through the service connection; use azureSubscription and workspaceUrl",
  "-p": "the task signs in through the service connection; use azureSubscription and workspaceUrl",
  "--target": "use the input target",
  "-t": "use the input target",
  "--environment": "use the input target",
  "-e": "use the input target",
  "--var": "use the input variables",
  "--output": "the task sets the output format; use the step's output variables",
  "-o": "the task sets the output format; use the step's output variables",
  "--auto-approve": "use the input autoApprove",
  "--force-lock": "use the input forceLock",
  "--fail-on-active-runs": "use the input failOnActiveRuns",
  "--plan": "use the input plan",
  "--help": "the CLI would print its help and do nothing else",
  "-h": "the CLI would print its help and do nothing else",
  [noWaitOption]: "use the input noWait",
  ...Object.fromEntries([...runOptions.keys()].map((name) => [name, "write it after a key in the input run"])),
};

/** The input `arguments`, split at spaces and line ends as in a shell; a value with spaces must be in quotes. */
export function readArguments(reader: InputReader): string[] {
  const split = splitArguments(reader.text("arguments") ?? "");
  if (split === undefined) {
    reader.problem("arguments", "a quotation mark is not closed.");
    return [];
  }
  const problems = [
    ...split.flatMap(refusedFlags),
    ...quietProblems(split),
    ...shellProblems(split),
    ...wordProblems(split),
  ];
  for (const problem of problems) reader.problem("arguments", problem);
  return split;
}

/** Names of options that somebody may write with one dash, which would be read as several options of one letter. */
const names = new Set([
  ...Object.keys(refused).flatMap((flag) => (flag.startsWith("--") ? [flag.slice(2)] : [])),
  ...["strict", "force", "select", "debug", "verbose", "quiet", "cluster-id", "log-level", "log-file", "log-format"],
]);

/** What is wrong with an argument that would override an input, or keep the command from its work. */
export function refusedFlags(argument: string): string[] {
  const [, name = ""] = /^-([a-z][\w-]+)/.exec(argument) ?? [];
  if (names.has(name)) return [`-${name} begins with one dash: write --${name}.`];
  const flags = flagsOf(argument).filter((flag) => Object.hasOwn(refused, flag));
  return flags.map((flag) => `${flag} is not allowed: ${refused[flag]}.`);
}

function quietProblems(split: readonly string[]): string[] {
  const isCounted = split.some((argument) => /^(-q|--quiet)=/.test(argument));
  const count = split.flatMap(flagsOf).filter((flag) => flag === "-q" || flag === "--quiet").length;
  if (!isCounted && count <= 1) return [];
  return ["-q is allowed only once and without a number: with a second one, the CLI no longer reports what it did."];
}

/** An argument that is, or gives to an option, what only a shell would replace. */
const shellReference = /^(--[\w-]+=)?(\$\w+|\$\{\w+\}|\$env:\w+|%\w+%)$/;

export function shellProblems(split: readonly string[]): string[] {
  const references = split.filter((argument) => shellReference.test(argument));
  return references.map(
    (argument) =>
      `nothing replaces ${quoted(argument)}, because no shell reads these arguments. Write $(name) to use a pipeline variable.`,
  );
}

function wordProblems(split: readonly string[]): string[] {
  if (split.includes("--")) return ["-- is not allowed: write arguments of a run after a key in the input run."];
  return looseWords(split).map((word) =>
    /^[\u2010-\u2015\u2212]/.test(word)
      ? `${quoted(word)} begins with a typographic dash. Type it again with "-".`
      : `${quoted(word)} is not an option. Choose the command with the input command, and what to run with the input run.`,
  );
}

/** Options that stand alone: a word after one of them is not its value. */
const switches = /^(-q+|--(quiet|strict|force|verbose|debug|include-locations))$/;

/** Words that are neither an option nor the value of one. */
function looseWords(split: readonly string[]): string[] {
  return split.filter((word, index) => {
    const before = split[index - 1];
    const takesValue = before?.startsWith("-") && !before.includes("=") && !switches.test(before);
    return !word.startsWith("-") && !takesValue;
  });
}

/** Whether a switch such as `--force` is on: the last one counts (databricks/cli reads its value with strconv.ParseBool). */
export function isSwitchedOn(split: readonly string[], name: string): boolean {
  const last = split.findLast((argument) => argument === name || argument.startsWith(`${name}=`));
  return last === name || (last !== undefined && isTrue(last.slice(name.length + 1)));
}

export function isTrue(value: string): boolean {
  return /^(1|t|true)$/i.test(value);
}

/** The keys that `--select` names, which can be repeated or have a list with commas; undefined without it. */
export function selectedKeys(split: readonly string[]): string[] | undefined {
  const lists = split.flatMap((argument, index) => {
    if (argument === "--select") return [split[index + 1] ?? ""];
    return argument.startsWith("--select=") ? [argument.slice("--select=".length)] : [];
  });
  return lists.length === 0 ? undefined : lists.flatMap((list) => list.split(","));
}

/** undefined when a quote is not closed. */
export function splitArguments(text: string): string[] | undefined {
  const words = text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  const covered = words.join("").length;
  if (covered !== text.replace(/("[^"]*"|'[^']*')|\s+/g, "$1").length) return undefined;
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double = "", single = "") => double + single));
}

/** Short flags can be combined, the last one with a value: -qtdev is -q -t dev. What follows -c is the ID of a cluster. */
function flagsOf(argument: string): string[] {
  const [, switches, valued = ""] = /^-(?!-)([^pteoc]*)([pteo]?)/.exec(argument) ?? [];
  if (switches === undefined) return argument.split("=", 1);
  return [...switches, ...valued].map((letter) => `-${letter}`);
}
