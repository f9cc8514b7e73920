import type { DeployedAction } from "./deployment-state.ts";

/** What `databricks bundle deploy` says that it did; versions before 1.13 say nothing of single resources. */
export interface DeployReport {
  /** By `type.key`. */
  readonly actions: ReadonlyMap<string, DeployedAction>;
  /** Whether the report is complete: it counted what it lists. */
  readonly complete: boolean;
}

const resourceLine = /^(Created|Updated|Deleted|Recreated) ([a-z_]+\.[^\s.]+)$/;
const countLine = /^Resources: (\d+) created, (\d+) changed, (\d+) deleted, (\d+) unchanged/;

/** Reads the report from the lines of the CLI's stderr. */
export function parseDeployReport(lines: readonly string[]): DeployReport {
  const actions = new Map<string, DeployedAction>();
  let counted: number | undefined;
  for (const line of lines) {
    const [, action, key] = resourceLine.exec(line) ?? [];
    if (action !== undefined && key !== undefined) actions.set(key, action.toLowerCase() as DeployedAction);
    const [, created, changed, deleted] = countLine.exec(line) ?? [];
    if (created !== undefined) counted = Number(created) + Number(changed) + Number(deleted);
  }
  const listed = [...actions.values()].reduce((sum, action) => sum + (action === "recreated" ? 2 : 1), 0);
  return { actions, complete: counted !== undefined && (counted === 0) === (listed === 0) };
}
