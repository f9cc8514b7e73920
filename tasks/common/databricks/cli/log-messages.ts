import type { LogRecord } from "./log.ts";

/**
 * What the CLI's log says of the lock that it takes. The lock's AcquisitionTime lies between the two times: the CLI reads the
 * same clock for both, first for its log and about ten microseconds later for the lock (databricks/cli,
 * bundle/deploy/lock/acquire.go). That distinguishes the lock from those of other jobs, which may sign in as the same user.
 */
export interface LockAttempt {
  /** Milliseconds since the epoch, with fractions, by the clock of this machine. */
  readonly from: number;
  readonly until: number;
  readonly forced: boolean;
  /** Whether another deployment had the lock, or the CLI could not write it. */
  readonly failed: boolean;
}

const attemptPattern = /^Acquiring deployment lock \(force: (true|false)\)$/;
/** Between the CLI's readings of its clock; a busy machine may stop the CLI in between. */
const clockReadMs = 250;
/** From the CLI's stderr to this process. */
const arrivalMs = 1_000;

/** From a record of the CLI's log. */
export function parseLockAttempt({ at, message }: Pick<LogRecord, "at" | "message">): LockAttempt | undefined {
  return lockAttempt(message, at, at + clockReadMs);
}

/** From a line of a log on stderr, which has arrived here at a time in milliseconds since the epoch. */
export function parseLoggedLockAttempt(line: string, arrivedAt: number): LockAttempt | undefined {
  return lockAttempt(loggedMessage(line, "Info") ?? "", arrivedAt - arrivalMs, arrivedAt + clockReadMs);
}

function lockAttempt(message: string, from: number, until: number): LockAttempt | undefined {
  const [, forced] = attemptPattern.exec(message) ?? [];
  return forced === undefined ? undefined : { from, until, forced: forced === "true", failed: false };
}

/** Whether a line or a message reports that the CLI did not get its lock. */
export function isLockFailure(text: string): boolean {
  return /^(Error: )?Failed to acquire deployment lock: /.test(text);
}

/**
 * How far a message of the log shows that a deploy or destroy has come: to its lock, also if the deployment has none; or beyond the
 * upload of the bundle's files (databricks/cli, bundle/deploy/lock/acquire.go, bundle/deploy/files/upload.go).
 */
export function parseProgress(message: string): "locked" | "changing" | undefined {
  if (message === "Skipping; locking is disabled") return "locked";
  return message === "Uploaded bundle files" ? "changing" : undefined;
}

/** What a CLI that has succeeded warns of in its log (databricks/cli: bundle/direct, bundle/statemgmt, cmd/bundle/utils/process.go). */
const qualifying = new RegExp(
  [
    "may still be in progress",
    "State was last deployed with CLI version",
    "migrat\\w+ .*direct (?:deployment )?engine (?:failed|is stopped)",
    "Direct engine requested in .* but the existing state uses",
    "corrupted (?:WAL|state)",
    "already deleted despite delete error",
    "without a deployment lock",
  ].join("|"),
);

/** A warning that qualifies a success, from a line of the log. */
export function parseLogWarning(line: string): string | undefined {
  const text = loggedMessage(line, "Warn");
  return text !== undefined && qualifying.test(text) ? text : undefined;
}

/** The message of a log line; with --debug, it stands between a time and attributes (databricks/cli, libs/log). */
function loggedMessage(line: string, level: "Info" | "Warn"): string | undefined {
  const [, found, message] = /^(?:\d\d:\d\d:\d\d )?(\w+): (.*?)(?: pid=\d+(?: \w+=.*)?)?$/.exec(line) ?? [];
  return found === level ? message : undefined;
}
