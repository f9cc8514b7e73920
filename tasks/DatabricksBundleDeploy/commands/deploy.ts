import type { BundleSummary } from "../../common/databricks/cli/summary.ts";
import type { Step } from "../session/step.ts";
import { readBundle } from "./bundle-info.ts";
import { type HeldLock, releaseLock, warnOfUnfinishedState } from "./cancelled.ts";
import { type DeployedActions, watchActions } from "./deployed-actions.ts";
import { type LeftResources, watchLeftResources } from "./left-resources.ts";
import { CommandKilled, runCommand } from "./run-cli.ts";

/** A deploy that has succeeded. */
export interface Deployment extends DeployedActions {
  readonly bundle: BundleSummary;
  readonly left: LeftResources["byKey"];
}

/** Deploys the bundle with one run of the CLI, its output shown as it comes. Throws a UserError that explains a failure. */
export async function deployBundle(step: Step): Promise<Deployment> {
  const { inputs, bundle } = step;
  const actions = watchActions(bundle);
  const left = watchLeftResources();
  let lock: HeldLock | undefined;
  try {
    await runCommand(step, "deploy", {
      arguments: [...deployFlags(step), ...inputs.arguments],
      safePointMs: step.safePointMs,
      onLine(line) {
        actions.read(line);
        left.read(line);
        lock ??= lockOf(line);
      },
    });
  } catch (error) {
    warnOfUnfinishedState(step);
    if (error instanceof CommandKilled && lock) await releaseLock(step, lock);
    throw error;
  } finally {
    left.warn();
  }
  const summary = await readBundle(step);
  return { bundle: summary, left: left.byKey, ...actions.end(summary, left.byKey) };
}

/**
 * The CLI takes the lock before it uploads files (databricks/cli, bundle/phases/deploy.go). The state lies beside the
 * files, unless the bundle sets workspace.state_path: then nothing is found there.
 */
function lockOf(line: string): HeldLock | undefined {
  const [, root] = /^Uploading bundle files to (\/.*)\/files(?:\.\.\.)?$/.exec(line) ?? [];
  return root === undefined ? undefined : { statePath: `${root}/state`, takenBy: new Date() };
}

function deployFlags({ inputs }: Step): string[] {
  return [
    ...(inputs.autoApprove ? ["--auto-approve"] : []),
    ...(inputs.forceLock ? ["--force-lock"] : []),
    ...(inputs.failOnActiveRuns ? ["--fail-on-active-runs"] : []),
  ];
}
