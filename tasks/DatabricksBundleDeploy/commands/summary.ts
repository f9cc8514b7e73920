import { type BundleSummary, parseBundleSummary } from "../../common/databricks/cli/summary.ts";
import { addressText } from "../../common/databricks/workspace/address.ts";
import { stepWorkspace } from "../../common/sign-in/inputs.ts";
import { refuseOtherAuthentication } from "../session/bundle-authentication.ts";
import { refuseResolvedWorkspace } from "../session/bundle-workspace.ts";
import type { Step } from "../session/step.ts";
import { quietOutput, runCommand } from "./run-cli.ts";

/**
 * The bundle as the CLI resolves it, with what is deployed of it, ids and URLs: as this agent remembers it, or `remote`, as
 * the workspace has it.
 */
export async function readSummary(step: Step, from: "local" | "remote" = "local"): Promise<BundleSummary> {
  const flags = from === "remote" ? ["--force-pull"] : [];
  return checked(step, await runCommand(step, "summary", { arguments: flags, json: true, output: quietOutput(step) }));
}

/** Checks the bundle; throws a UserError if it is not valid. */
export async function validateBundle(step: Step): Promise<BundleSummary> {
  return checked(step, await runCommand(step, "validate", { json: true, arguments: step.inputs.arguments }));
}

/** The bundle without what is deployed of it, for which the CLI does not read its local state; throws a UserError if it is not valid. */
export async function resolveBundle(step: Step): Promise<BundleSummary> {
  return checked(step, await runCommand(step, "validate", { json: true, output: quietOutput(step) }));
}

/** Checks the authentication and the workspace again, because the CLI resolves settings that this task cannot find in the bundle's files. */
function checked(step: Step, json: string): BundleSummary {
  const summary = parseBundleSummary(json);
  refuseOtherAuthentication([summary.authType]);
  const ofStep = stepWorkspace(step.inputs);
  if (ofStep) refuseResolvedWorkspace(summary, ofStep);
  return summary;
}

/** The address of the workspace that the step used: `https://name`, with `?o=` for a custom URL. */
export function workspaceUrlOf(step: Step, summary: BundleSummary): string {
  const address = step.address();
  return address === undefined ? (summary.host ?? "") : addressText(address);
}
