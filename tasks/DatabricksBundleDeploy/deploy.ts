import type { Engine } from "../common/databricks/bundle-plan.ts";
import type { BundleSummary } from "../common/databricks/bundle-summary.ts";
import { parseDeployReport } from "../common/databricks/deploy-report.ts";
import {
  compareStates,
  type DeployedAction,
  type DeploymentState,
  readDeploymentStates,
} from "../common/databricks/deployment-state.ts";
import { CommandKilled, runCommand } from "./bundle-command.ts";
import { readBundle } from "./bundle-info.ts";
import { type HeldLock, releaseLock, warnOfUnfinishedState } from "./interrupted.ts";
import type { Step } from "./step.ts";

/** A deploy that has succeeded. */
export interface Deployment {
  readonly bundle: BundleSummary;
  /** What became of each resource, by `type.key`; empty when that is not known. */
  readonly actions: ReadonlyMap<string, DeployedAction>;
  readonly engine: Engine | undefined;
}

/** Deploys the bundle with one run of the CLI, its output shown as it comes. Throws a UserError that explains a failure. */
export async function deployBundle(step: Step): Promise<Deployment> {
  const { inputs, bundle } = step;
  const lines: string[] = [];
  let before: Map<string, DeploymentState> | undefined;
  let lock: HeldLock | undefined;
  try {
    await runCommand(step, "deploy", {
      arguments: [...deployFlags(step), ...inputs.arguments],
      safePointMs: step.safePointMs,
      onLine(line) {
        lines.push(line);
        // The CLI fetches the last deployment's state before it uploads anything, and replaces it at the end.
        if (line.startsWith("Uploading ")) before ??= readDeploymentStates(bundle);
        lock ??= lockOf(line);
      },
    });
  } catch (error) {
    warnOfUnfinishedState(step);
    if (error instanceof CommandKilled && lock) await releaseLock(step, lock);
    throw error;
  }
  const summary = await readBundle(step);
  const after = readDeploymentStates(bundle).get(summary.target);
  const compared = before && after && compareStates(before.get(summary.target), after);
  const actions = reportedActions(lines, summary) ?? compared ?? new Map();
  return { bundle: summary, actions, engine: after?.engine };
}

/** From the CLI's own report, which is silent about what stays as it is; undefined where there is none. */
function reportedActions(lines: readonly string[], { resources }: BundleSummary): Deployment["actions"] | undefined {
  const { actions, complete } = parseDeployReport(lines);
  if (!complete) return undefined;
  const unchanged = resources.map(({ type, key }) => [`${type}.${key}`, "unchanged"] as const);
  return new Map<string, DeployedAction>([...unchanged, ...actions]);
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
