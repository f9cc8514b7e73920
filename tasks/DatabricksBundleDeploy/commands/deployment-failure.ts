import { parseDestructiveAction } from "../../common/databricks/cli/deploy-lines.ts";
import { parseLockError } from "../../common/databricks/workspace/lock.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import type { DeployInputs } from "../inputs.ts";
import { listSome } from "../listing.ts";
import type { FailedCommand } from "./command-outcome.ts";

/** The CLI's errors that are explained here, by the section that the explanation points to. */
export const explainedErrors = {
  "deploy-lock": /deploy lock/,
  "destructive-changes": /requires destructive actions/,
  "stale-state": /lineage mismatch in state files/,
} as const;

/** Failures that the state of the deployment explains. */
export function deploymentFailure(
  inputs: Pick<DeployInputs, "forceLock">,
  { output, lines }: Pick<FailedCommand, "output" | "lines">,
): UserError | undefined {
  return lockFailure(inputs, output) ?? destructiveChanges(output, lines) ?? staleState(output);
}

function lockFailure({ forceLock }: Pick<DeployInputs, "forceLock">, output: string): UserError | undefined {
  const lock = parseLockError(output);
  if (lock === undefined) return undefined;
  const age = ageOf(lock.acquiredAt, new Date());
  return new UserError(
    `The deployment of this target is locked by ${lock.user} since ${lock.acquiredAt.toISOString()} (${age} ago).`,
    {
      hint: forceLock
        ? "Another deployment took the lock meanwhile: let one deployment at a time run."
        : "If that deployment still runs, wait for it. If it was cancelled or its agent was lost, run this step once with forceLock: true.",
      section: "deploy-lock",
    },
  );
}

/** e.g. 3 h 5 min */
export function ageOf(start: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - start.getTime()) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

function destructiveChanges(output: string, lines: readonly string[]): UserError | undefined {
  if (!explainedErrors["destructive-changes"].test(output)) return undefined;
  const actions = lines
    .flatMap((line) => parseDestructiveAction(line) ?? [])
    .map(({ action, key }) => `${action} ${key}`);
  const shown = listSome([...new Set(actions)], 20);
  return new UserError(`The deployment would ${shown || "delete or recreate resources"}; no resource was changed.`, {
    hint: "Data may be lost. If that is what you want, set autoApprove: true for this deployment.",
    section: "destructive-changes",
  });
}

function staleState(output: string): UserError | undefined {
  if (!explainedErrors["stale-state"].test(output)) return undefined;
  return new UserError(
    "The state that this agent keeps of the bundle belongs to a deployment that was destroyed since.",
    {
      hint: "Delete the folder .databricks beside databricks.yml on this agent, or check out with clean: true.",
      section: "stale-state",
    },
  );
}
