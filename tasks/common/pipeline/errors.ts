/** What to tell the person who can mend it: what failed (message), what to do next (hint), and where it is documented. */
export interface UserErrorDetails {
  readonly hint?: string;
  /** Heading anchor in docs/troubleshooting.md. */
  readonly anchor?: string;
  readonly cause?: unknown;
}

/** A failure that a user can cause and mend; shown without a stack trace. */
export class UserError extends Error {
  readonly hint: string | undefined;
  readonly anchor: string | undefined;

  constructor(message: string, details: UserErrorDetails = {}) {
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
