import { flagProblem } from "../../common/databricks/cli/flag-problem.ts";
import { withoutAgentSecrets } from "../../common/pipeline/environment.ts";
import { Canceled, UserError } from "../../common/pipeline/errors.ts";
import type { DeployInputs } from "../inputs.ts";
import { optionText } from "../run-lines.ts";

const answerWithinMs = 30_000;

/**
 * Throws a UserError, before any request, for options in the inputs `arguments` and `run` that the CLI on this agent does not
 * accept.
 */
export async function checkArguments(
  { command, plan, arguments: flags, run }: DeployInputs,
  executable: string,
  cancel: AbortSignal,
): Promise<void> {
  const asked = { executable, environment: withoutAgentSecrets(process.env), withinMs: answerWithinMs, cancel };
  const ofRuns = run.flatMap(({ options }) => options.map(optionText));
  const checks = [
    // With the input plan, the same options are used to plan again.
    ...(plan ? [{ input: "arguments", name: "plan", flags }] : []),
    { input: "arguments", name: command, flags },
    { input: "run", name: "run", flags: ofRuns },
  ];
  for (const { input, name, flags } of checks) {
    const problem = flags.length > 0 ? await flagProblem(asked, name, flags) : undefined;
    if (cancel.aborted) throw new Canceled();
    if (problem !== undefined) throw refused(input, name, problem);
  }
}

function refused(input: string, command: string, problem: string): UserError {
  const quotes = /flag: \S+\s/.test(problem) ? " Text in quotes is one argument: put only a value in quotes." : "";
  return new UserError(`${input}: "databricks bundle ${command}" does not accept them: ${problem}.`, {
    hint:
      `Correct or remove this option.${quotes} "databricks bundle ${command} --help" lists the options of the installed version; ` +
      "DatabricksCliInstaller@1 installs another one.",
    section: "inputs",
  });
}
