import { flagProblem } from "../../common/databricks/cli/flag-problem.ts";
import { withoutAgentSecrets } from "../../common/pipeline/environment.ts";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import type { DeployInputs } from "../inputs.ts";

const answerWithinMs = 30_000;

/** Throws a UserError, before any request, for options in the input `arguments` that the CLI on this agent does not accept. */
export async function checkArguments(
  { command, plan, arguments: flags }: DeployInputs,
  executable: string,
  cancel: AbortSignal,
): Promise<void> {
  if (flags.length === 0) return;
  const asked = { executable, environment: withoutAgentSecrets(process.env), withinMs: answerWithinMs, cancel };
  // With the input plan, the same options are used to plan again.
  for (const name of plan ? (["plan", command] as const) : [command]) {
    const problem = await flagProblem(asked, name, flags);
    if (cancel.aborted) throw new Cancelled();
    if (problem !== undefined) throw refused(name, problem);
  }
}

function refused(command: string, problem: string): UserError {
  const quotes = /flag: \S+\s/.test(problem) ? " Text in quotes is one argument: put only a value in quotes." : "";
  return new UserError(`arguments: "databricks bundle ${command}" does not accept them: ${problem}.`, {
    hint:
      `Correct or remove this option.${quotes} "databricks bundle ${command} --help" lists the options of the installed version; ` +
      "DatabricksCliInstaller@1 installs another one.",
    section: "inputs",
  });
}
