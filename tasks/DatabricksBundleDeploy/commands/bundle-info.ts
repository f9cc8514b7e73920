import { type BundleSummary, parseBundleSummary } from "../../common/databricks/cli/summary.ts";
import { refuseOtherAuthentication } from "../session/bundle-authentication.ts";
import type { Step } from "../session/step.ts";
import { runCommand } from "./run-cli.ts";

/** The bundle as the CLI resolves it, with what is deployed of it, ids and URLs. */
export async function readBundle(step: Step): Promise<BundleSummary> {
  return checked(await runCommand(step, "summary", { json: true, quiet: true }));
}

/** Checks the bundle; throws a UserError when it is wrong. */
export async function validateBundle(step: Step): Promise<BundleSummary> {
  return checked(await runCommand(step, "validate", { json: true, arguments: step.inputs.arguments }));
}

/** The CLI knows for sure what the bundle's files may have hidden from this task. */
function checked(json: string): BundleSummary {
  const bundle = parseBundleSummary(json);
  refuseOtherAuthentication([bundle.authType]);
  return bundle;
}

/** The workspace that was worked on, `https://name`. */
export function workspaceUrlOf(step: Step, bundle: BundleSummary): string {
  return step.host() ?? bundle.host ?? "";
}
