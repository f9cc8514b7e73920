import type { DeployedAction } from "./state.ts";

/** What `databricks bundle deploy` says that it did; versions before 1.13 say nothing of single resources. */
export interface DeployReport {
  /** By `type.key`; silent about what stays as it is. */
  readonly actions: ReadonlyMap<string, DeployedAction>;
  /** undefined where it counted nothing, as before 1.13. */
  readonly counts: ReportedCounts | undefined;
  /** Whether the report is complete: it counted what it lists. */
  readonly complete: boolean;
}

/** A recreated resource counts as created and as deleted. */
export interface ReportedCounts {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  readonly unchanged: number;
  /** With --select. */
  readonly notSelected: number;
}

const resourceLine = /^(Created|Updated|Deleted|Recreated) ([a-z_]+\.[^\s.]+)$/;
const countLine = /^Resources: (\d+) created, (\d+) changed, (\d+) deleted, (\d+) unchanged(?:, (\d+) not selected)?/;

/** Reads the report from the lines of the CLI's stderr. */
export function deployReportReader(): { line(line: string): void; report(): DeployReport } {
  const actions = new Map<string, DeployedAction>();
  let counts: ReportedCounts | undefined;
  return {
    line(line) {
      const [, action, key] = resourceLine.exec(line) ?? [];
      if (action !== undefined && key !== undefined) actions.set(key, action.toLowerCase() as DeployedAction);
      counts = parseCounts(line) ?? counts;
    },
    report: () => ({ actions, counts, complete: counts !== undefined && hasCounted(counts, actions) }),
  };
}

function parseCounts(line: string): ReportedCounts | undefined {
  const found = countLine.exec(line);
  if (found === null) return undefined;
  const [created = 0, updated = 0, deleted = 0, unchanged = 0, notSelected = 0] = found
    .slice(1)
    .map((digits) => Number(digits ?? 0));
  return { created, updated, deleted, unchanged, notSelected };
}

/** With -q it counts without a line of any resource. */
function hasCounted({ created, updated, deleted }: ReportedCounts, actions: DeployReport["actions"]): boolean {
  return (created + updated + deleted === 0) === (actions.size === 0);
}
