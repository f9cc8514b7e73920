import type { InputReader } from "../common/pipeline/inputs.ts";

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
};

/** The input `arguments`, split at spaces and line ends as in a shell; a value with spaces must be in quotes. */
export function readArguments(reader: InputReader): string[] {
  const split = splitArguments(reader.text("arguments") ?? "");
  if (split === undefined) {
    reader.problem("arguments", "a quotation mark is not closed.");
    return [];
  }
  for (const argument of split) {
    for (const flag of flagsOf(argument)) {
      if (Object.hasOwn(refused, flag)) reader.problem("arguments", `${flag} is not allowed: ${refused[flag]}.`);
    }
  }
  return split;
}

/** undefined if a quotation mark is not closed. */
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
