import type { Engine } from "../../common/databricks/cli/plan.ts";
import { readDeploymentStates } from "../../common/databricks/cli/state.ts";
import type { BundleSummary } from "../../common/databricks/cli/summary.ts";
import type { Step } from "../session/step.ts";
import { readBundle } from "./bundle-info.ts";
import { releaseLock, warnOfUnfinishedState } from "./cancelled.ts";
import { type LeftResources, watchLeftResources } from "./left-resources.ts";
import { CommandKilled, runCommand } from "./run-cli.ts";

/** A destroy that has succeeded. */
export interface Destruction {
  /** The bundle, with the resources that were deployed. */
  readonly bundle: BundleSummary;
  readonly left: LeftResources["byKey"];
  readonly engine: Engine | undefined;
}

/** What the CLI says once it has the lock (databricks/cli, bundle/phases/destroy.go). */
const begun = /^(The following resources will be deleted:|All files and directories at the following location )/;

/** Deletes what the bundle has deployed; gives what that was. Nothing deployed is no failure. */
export async function destroyBundle(step: Step): Promise<Destruction> {
  const { inputs, safePointMs } = step;
  const deployed = await readBundle(step);
  const engine = readDeploymentStates(step.bundle).get(deployed.target)?.engine;
  const left = watchLeftResources();
  const flags = ["--auto-approve", ...(inputs.forceLock ? ["--force-lock"] : [])];
  let takenBy: Date | undefined;
  try {
    await runCommand(step, "destroy", {
      arguments: [...flags, ...inputs.arguments],
      safePointMs,
      onLine(line) {
        left.read(line);
        if (begun.test(line)) takenBy ??= new Date();
      },
    });
  } catch (error) {
    warnOfUnfinishedState(step);
    const { statePath } = deployed;
    if (error instanceof CommandKilled && statePath && takenBy) {
      await releaseLock(step, { statePath, takenBy });
    }
    throw error;
  } finally {
    left.warn();
  }
  const resources = [...deployed.resources.filter(({ id }) => id !== undefined), ...deployed.departed];
  return { bundle: { ...deployed, resources }, left: left.byKey, engine };
}
