/** The sections of docs/troubleshooting.md that errors point to. */
export const troubleshootingSections = [
  "application-not-found",
  "archive",
  "bundle-authentication",
  "bundle-version",
  "checksum",
  "cli-version",
  "conditional-access",
  "connection-not-authorized",
  "connection-secret",
  "databricks-federation",
  "databricks-not-in-tenant",
  "deploy-failed",
  "deploy-lock",
  "destructive-changes",
  "download",
  "drift",
  "entra",
  "executable",
  "federated-credential",
  "federation-blocked",
  "id-token",
  "inputs",
  "managed-identity",
  "network",
  "no-cli",
  "other-tenant",
  "permissions",
  "plan-differs",
  "pull-request-comment",
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

/** The parts of an error beside its message: what to do next (hint), and the section that documents it. */
export interface UserErrorDetails {
  readonly hint?: string;
  readonly section: TroubleshootingSection;
  readonly cause?: unknown;
  /** ID of the known failure (tasks/common/failures) that it is. */
  readonly failure?: string;
  /** What a service answered, in its own words, if that is the reason. It is not part of the message. */
  readonly answer?: string | undefined;
}

/** A failure that a user can cause and fix; shown without a stack trace. */
export class UserError extends Error {
  readonly hint: string | undefined;
  readonly section: TroubleshootingSection;
  readonly failure: string | undefined;
  readonly answer: string | undefined;

  constructor(message: string, details: UserErrorDetails) {
    super(message, { cause: details.cause });
    this.name = "UserError";
    this.hint = details.hint;
    this.section = details.section;
    this.failure = details.failure;
    this.answer = details.answer;
  }
}

/** The step was canceled (pipeline run canceled, step timeout, agent shutdown). */
export class Canceled extends Error {
  constructor() {
    super("The step was canceled.");
    this.name = "Canceled";
  }
}
