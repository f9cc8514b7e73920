import type { InputReader } from "../common/pipeline/inputs.ts";

/** Flags that would overrule an input or what the task reads from the CLI, or that would keep the command from its work. */
const refused: Readonly<Record<string, string>> = {
  "--profile": "The task signs in through the service connection: use azureSubscription and workspaceUrl",
  "-p": "The task signs in through the service connection: use azureSubscription and workspaceUrl",
  "--target": "use the input target",
  "-t": "use the input target",
  "--environment": "use the input target",
  "-e": "use the input target",
  "--var": "use the input variables",
  "--output": "the task chooses the output itself; read its output variables",
  "-o": "the task chooses the output itself; read its output variables",
  "--auto-approve": "use the input autoApprove",
  "--force-lock": "use the input forceLock",
  "--fail-on-active-runs": "use the input failOnActiveRuns",
  "--plan": "use the input plan",
  "--help": "the CLI would show its help and do nothing else",
  "-h": "the CLI would show its help and do nothing else",
};

/** The input `arguments`, split as a shell would at spaces and line ends; a value with spaces stands in quotes. */
export function readArguments(reader: InputReader): string[] {
  const split = splitArguments(reader.text("arguments") ?? "");
  if (split === undefined) {
    reader.problem("arguments", "a quote is not closed.");
    return [];
  }
  for (const argument of split) {
    for (const flag of flagsOf(argument)) {
      if (Object.hasOwn(refused, flag)) reader.problem("arguments", `${flag} is refused: ${refused[flag]}.`);
    }
  }
  return split;
}

/** undefined when a quote is not closed. */
export function splitArguments(text: string): string[] | undefined {
  const words = text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  const covered = words.join("").length;
  if (covered !== text.replace(/("[^"]*"|'[^']*')|\s+/g, "$1").length) return undefined;
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double = "", single = "") => double + single));
}

/** Short flags may stand together, the last with a value: -qtdev is -q -t dev; all that follows -c is the id of a cluster. */
function flagsOf(argument: string): string[] {
  const [, switches, valued = ""] = /^-(?!-)([^pteoc]*)([pteo]?)/.exec(argument) ?? [];
  if (switches === undefined) return argument.split("=", 1);
  return [...switches, ...valued].map((letter) => `-${letter}`);
}
