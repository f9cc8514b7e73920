/** What `databricks bundle deploy` reports; versions before 1.13 do not list resources. */
export interface DeployReport {
  /** By `type.key`, without what stays as it is. */
  readonly actions: ReadonlyMap<string, ReportedAction>;
  /** undefined before 1.13. */
  readonly counts: ReportedCounts | undefined;
  /** undefined before 1.13. */
  readonly files: FileCounts | undefined;
  /** Whether the listed resources agree with the counts; with -q, the CLI prints only counts. */
  readonly complete: boolean;
}

export type ReportedAction = "created" | "updated" | "recreated" | "deleted";

/** A recreated resource counts as created and as deleted. */
export interface ReportedCounts {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  readonly unchanged: number;
  /** With --select. */
  readonly notSelected: number;
}

/** Files of the bundle in the workspace. */
export interface FileCounts {
  readonly uploaded: number;
  readonly deleted: number;
}

export interface ResourceAction {
  /** e.g. jobs.nightly, or jobs.nightly.permissions, which belongs to it. */
  readonly key: string;
  readonly action: ReportedAction;
}

/** From a line such as `Created jobs.nightly`. */
export function parseReportedAction(line: string): ResourceAction | undefined {
  const [, verb = "", key] = /^(Created|Updated|Resized|Deleted|Recreated) ([a-z_]+\.\S+)$/.exec(line) ?? [];
  // The CLI counts a resized cluster as changed (databricks/cli, bundle/deployplan/plan.go).
  const action = verb === "Resized" ? "updated" : verb.toLowerCase();
  return key === undefined ? undefined : { key, action: action as ReportedAction };
}

/** A change of what belongs to a resource is an update of it, unless it has a line of its own. */
export function noteAction(actions: Map<string, ReportedAction>, { key, action }: ResourceAction): void {
  const resource = key.split(".").slice(0, 2).join(".");
  if (key === resource) actions.set(resource, action);
  else if (!actions.has(resource)) actions.set(resource, "updated");
}

export interface DestructiveAction {
  readonly action: "delete" | "recreate";
  /** e.g. schemas.orders */
  readonly key: string;
}

/** A resource that the CLI was not allowed to delete, but has removed from the deployment. */
export interface LeftResource {
  /** e.g. schemas.orders */
  readonly key: string;
  readonly id: string;
}

/** From a line such as "  recreate resources.schemas.orders" (databricks/cli, bundle/phases/approval.go). */
export function parseDestructiveAction(line: string): DestructiveAction | undefined {
  const [, action, key] = /^ {2}(delete|recreate) (?:resources\.)?(\S.*)$/.exec(line) ?? [];
  return key === undefined ? undefined : { action: action === "delete" ? "delete" : "recreate", key };
}

/** From a warning of the direct engine (databricks/cli, bundle/direct/apply.go). */
export function parseLeftResource(line: string): LeftResource | undefined {
  const pattern = /Ignoring permission error when deleting (?:resources\.)?(\S+) id=(.*?): /;
  const [, key, id] = pattern.exec(line) ?? [];
  return key === undefined || id === undefined ? undefined : { key, id };
}

const countLine = /^Resources: (\d+) created, (\d+) changed, (\d+) deleted, (\d+) unchanged(?:, (\d+) not selected)?/;

/** From the line with which a deploy ends. */
export function parseCounts(line: string): ReportedCounts | undefined {
  const match = countLine.exec(line);
  if (match === null) return undefined;
  const [created = 0, updated = 0, deleted = 0, unchanged = 0, notSelected = 0] = match
    .slice(1)
    .map((digits) => Number(digits ?? 0));
  return { created, updated, deleted, unchanged, notSelected };
}

/** From the line before it. */
export function parseFileCounts(line: string): FileCounts | undefined {
  const [, uploaded, deleted] = /^Files: (\d+) uploaded, (\d+) deleted$/.exec(line) ?? [];
  return uploaded === undefined ? undefined : { uploaded: Number(uploaded), deleted: Number(deleted) };
}

/** Whether the listed actions agree with the counts. */
export function isComplete({ created, updated, deleted }: ReportedCounts, actions: DeployReport["actions"]): boolean {
  return (created + updated + deleted === 0) === (actions.size === 0);
}
