import { type BundleSummary, parseBundleSummary } from "../../common/databricks/cli/summary.ts";
import { refuseOtherAuthentication } from "../session/bundle-authentication.ts";
import type { Step } from "../session/step.ts";
import { quietOutput, runCommand } from "./run-cli.ts";

/** The bundle as the CLI resolves it, with what is deployed of it, ids and URLs. */
export async function readSummary(step: Step): Promise<BundleSummary> {
  return checked(await runCommand(step, "summary", { json: true, output: quietOutput(step) }));
}

/** Checks the bundle; throws a UserError when it is wrong. */
export async function validateBundle(step: Step): Promise<BundleSummary> {
  return checked(await runCommand(step, "validate", { json: true, arguments: step.inputs.arguments }));
}

/** The CLI has resolved for sure what the bundle's files may have hidden from this task. */
function checked(json: string): BundleSummary {
  const summary = parseBundleSummary(json);
  refuseOtherAuthentication([summary.authType]);
  return summary;
}

/** The workspace that was worked on, `https://name`. */
export function workspaceUrlOf(step: Step, summary: BundleSummary): string {
  return step.host() ?? summary.host ?? "";
}
