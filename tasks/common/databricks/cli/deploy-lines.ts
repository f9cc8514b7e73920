/** What a deploy or destroy deletes or recreates; the CLI lists the types whose deletion loses data. */
export interface DestructiveAction {
  readonly action: "delete" | "recreate";
  /** e.g. schemas.orders */
  readonly key: string;
}

/** From a line such as "  recreate resources.schemas.orders" (databricks/cli, bundle/phases/approval.go). */
export function parseDestructiveAction(line: string): DestructiveAction | undefined {
  const [, action, key] = /^ {2}(delete|recreate) (?:resources\.)?(\S.*)$/.exec(line) ?? [];
  return key === undefined ? undefined : { action: action === "delete" ? "delete" : "recreate", key };
}

/** A resource that the CLI was not allowed to delete, and has dropped from the deployment all the same. */
export interface LeftResource {
  /** e.g. schemas.orders */
  readonly key: string;
  readonly id: string;
}

/** From the warning that the direct engine gives of it (databricks/cli, bundle/direct/apply.go). */
export function parseLeftResource(line: string): LeftResource | undefined {
  const pattern = /Ignoring permission error when deleting (?:resources\.)?(\S+) id=(.*?): /;
  const [, key, id] = pattern.exec(line) ?? [];
  return key === undefined || id === undefined ? undefined : { key, id };
}

/** The first line that comes after the CLI has fetched the last deployment's state, and before it changes anything. */
export function beginsUpload(line: string): boolean {
  return /^Uploading (bundle files to |immutable bundle snapshot)/.test(line);
}
