/** The sections of docs/troubleshooting.md that errors point to. */
export const troubleshootingSections = [
  "application-not-found",
  "archive",
  "bundle-authentication",
  "bundle-version",
  "checksum",
  "cli-version",
  "conditional-access",
  "connection-not-authorised",
  "connection-secret",
  "databricks-federation",
  "databricks-not-in-tenant",
  "deploy-failed",
  "deploy-lock",
  "destructive-changes",
  "download",
  "entra",
  "executable",
  "federated-credential",
  "id-token",
  "inputs",
  "managed-identity",
  "network",
  "no-cli",
  "permissions",
  "plan-differs",
  "run-failed",
  "service-connection",
  "service-principal-not-in-workspace",
  "stale-state",
  "temporary-folder",
  "tools-folder",
  "unsupported-platform",
  "version",
  "workspace-not-reachable",
  "wrong-host",
] as const;

export type TroubleshootingSection = (typeof troubleshootingSections)[number];

/** What to tell the person who can mend it: what failed (message), what to do next (hint), and where it is documented. */
export interface UserErrorDetails {
  readonly hint?: string;
  readonly anchor: TroubleshootingSection;
  readonly cause?: unknown;
}

/** A failure that a user can cause and mend; shown without a stack trace. */
export class UserError extends Error {
  readonly hint: string | undefined;
  readonly anchor: TroubleshootingSection;

  constructor(message: string, details: UserErrorDetails) {
    super(message, { cause: details.cause });
    this.name = "UserError";
    this.hint = details.hint;
    this.anchor = details.anchor;
  }
}

/** The step was cancelled (pipeline run cancelled, step timeout, agent shutdown). */
export class Cancelled extends Error {
  constructor() {
    super("The step was cancelled.");
    this.name = "Cancelled";
  }
}
