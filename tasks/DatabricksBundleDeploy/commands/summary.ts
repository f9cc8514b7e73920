import { type BundleSummary, parseBundleSummary } from "../../common/databricks/cli/summary.ts";
import { refuseOtherAuthentication } from "../session/bundle-authentication.ts";
import type { Step } from "../session/step.ts";
import { quietOutput, runCommand } from "./run-cli.ts";

/** Reads the bundle as the CLI resolves it, with the IDs and URLs of deployed resources. */
export async function readSummary(step: Step): Promise<BundleSummary> {
  return checked(await runCommand(step, "summary", { json: true, output: quietOutput(step) }));
}

/** Checks the bundle; throws a UserError if it is not valid. */
export async function validateBundle(step: Step): Promise<BundleSummary> {
  return checked(await runCommand(step, "validate", { json: true, arguments: step.inputs.arguments }));
}

/** Checks the authentication again, because the CLI resolves settings that this task cannot find in the bundle's files. */
function checked(json: string): BundleSummary {
  const summary = parseBundleSummary(json);
  refuseOtherAuthentication([summary.authType]);
  return summary;
}

/** The workspace that the step used, `https://name`. */
export function workspaceUrlOf(step: Step, summary: BundleSummary): string {
  return step.host() ?? summary.host ?? "";
}
