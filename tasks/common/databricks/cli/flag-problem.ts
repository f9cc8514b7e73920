import { shorten } from "../../pipeline/secrets.ts";
import { probe, type Question } from "./probe.ts";

/** What the CLI prints for flags that a command does not have, or that have no or a wrong value (spf13/pflag, errors.go). */
const refusal =
  /^Error: ((?:unknown flag|unknown shorthand flag|flag needs an argument|invalid argument|bad flag syntax)\b.*)$/m;

/**
 * Why `databricks bundle <command>` would refuse these flags, in the CLI's own words; undefined if it would not, or if the
 * program cannot tell. The CLI only parses: it sends no request and reads no bundle.
 */
export async function flagProblem(
  asked: Omit<Question, "arguments">,
  command: string,
  flags: readonly string[],
): Promise<string | undefined> {
  try {
    // --help comes first: a flag without its value would take it as that, and the command would run.
    const { stderr } = await probe({ ...asked, arguments: ["bundle", command, "--help", ...flags] });
    const [, problem] = refusal.exec(stderr) ?? [];
    return problem && shorten(problem, 300);
  } catch {
    // A program that does not start is reported as such when it is needed.
    return undefined;
  }
}
