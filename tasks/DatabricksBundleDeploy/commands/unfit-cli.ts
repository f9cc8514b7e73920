import { isTooOld, oldestCliVersion } from "../../common/databricks/cli/version.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";
import type { FailedCommand } from "./command-outcome.ts";

const unknown = /unknown command "([^"]+)" for "databricks|unknown (?:shorthand )?flag: (?:'.' in )?(-\S+)/;
const unmetConstraint = /CLI version constraint not satisfied\. Required: (.+?), current: (\S+)/;

/** A failure that another version of the CLI would not have. */
export function unfitCli(
  { cliVersion, inputs }: Pick<Step, "cliVersion" | "inputs">,
  { output }: Pick<FailedCommand, "output">,
): UserError | undefined {
  const [, required, current] = unmetConstraint.exec(output) ?? [];
  if (required !== undefined) {
    return new UserError(`The bundle asks for Databricks CLI ${required}; this agent has ${current}.`, {
      hint: "Let DatabricksCliInstaller@1, before this step, install it: version: bundle, and the workingDirectory of this step.",
      section: "cli-version",
    });
  }
  const version = cliVersion.seen();
  const [, command, flag] = unknown.exec(output) ?? [];
  const missing =
    command ?? (inputs.arguments.some((one) => one === flag || one.startsWith(`${flag}=`)) ? undefined : flag);
  if (missing === undefined && !(version !== undefined && isTooOld(version))) return undefined;
  const which = version === undefined ? `does not know ${missing}` : `is ${version}`;
  return new UserError(`The Databricks CLI on this agent ${which}; this task needs ${oldestCliVersion} or later.`, {
    hint: 'Add the step "- task: DatabricksCliInstaller@1" before this one.',
    section: "cli-version",
  });
}
