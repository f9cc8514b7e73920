import {
  type DeployReport,
  type DestructiveAction,
  type FileCounts,
  isComplete,
  type LeftResource,
  noteAction,
  parseCounts,
  parseDestructiveAction,
  parseFileCounts,
  parseLeftResource,
  parseReportedAction,
  type ReportedAction,
  type ReportedCounts,
} from "./deploy-report.ts";
import { type Diagnostic, diagnosticReader } from "./diagnostics.ts";
import type { LogRecord } from "./log.ts";
import {
  isLockFailure,
  type LockAttempt,
  parseLockAttempt,
  parseLoggedLockAttempt,
  parseLogWarning,
  parseProgress,
} from "./log-messages.ts";
import { withoutCutSecret, withoutSettings } from "./printed-secrets.ts";
import type { OutputStream } from "./run.ts";

/** Receives the lines that one run of the CLI prints; `facts` contains what they report so far, and everything after `end`. */
export interface CliOutput {
  line(line: string, stream: OutputStream): void;
  /** Receives a record of the CLI's log, if that is in a file. Warnings and errors are shown as on stderr. */
  record(record: LogRecord): void;
  end(): void;
  readonly facts: CliFacts;
}

export interface CliFacts {
  /** The first errors, at most 100. */
  readonly errors: readonly Diagnostic[];
  /** The text after the first "Error: " at the start of a line, on either stream. */
  readonly firstError: string | undefined;
  readonly report: DeployReport;
  /** The resources with data that a deploy or destroy lists before it deletes or recreates them. */
  readonly destructive: readonly DestructiveAction[];
  /** By key, e.g. schemas.orders. */
  readonly left: ReadonlyMap<string, LeftResource>;
  /** undefined until the CLI's log shows that it takes its lock, or if its log is elsewhere. */
  readonly lock: LockAttempt | undefined;
  readonly progress: Progress;
  /** `destroy` found nothing that is deployed. */
  readonly nothingDeployed: boolean;
  /** Warnings in the log that qualify a success, without their level. */
  readonly logWarnings: readonly string[];
  /** What made the CLI crash; undefined where it did not. */
  readonly crash: string | undefined;
  /** The bundle's script that the CLI started last, e.g. postinit (experimental.scripts); undefined where it started none. */
  readonly script: string | undefined;
  /** The last line that is not empty, on either stream; "" where there is none. */
  readonly lastLine: string;
  /** The same before the first error, where a program that failed may have told its cause. */
  readonly lineBeforeError: string;
  /** Pages of the runs or updates that the CLI has started, in order. */
  readonly runUrls: readonly string[];
}

/**
 * How far a deploy or destroy has come: it prepares (builds, runs scripts, signs in), then has the lock and uploads files or
 * plans what to delete, then changes resources.
 */
export type Progress = "preparing" | "locked" | "changing";

/** Shows the output line by line; only a diagnostic is held back, until its end. */
export interface OutputDisplay {
  readonly onLine: (line: string) => void;
  readonly onDiagnostic: (diagnostic: Diagnostic) => void;
  /** Gets the help that the CLI prints after an error in its command line, which hides the error; by default, nothing does. */
  readonly onUsage?: (line: string) => void;
}

const keptErrors = 100;
/** Of every other list of facts: more come from a program that prints like the CLI. */
const keptFacts = 10_000;

/** Reads the output of one run of `databricks bundle …`. */
export function cliOutput({ onLine, onDiagnostic, onUsage = () => {} }: OutputDisplay): CliOutput {
  const errors: Diagnostic[] = [];
  const actions = new Map<string, ReportedAction>();
  const destructive: DestructiveAction[] = [];
  const left = new Map<string, LeftResource>();
  const runUrls: string[] = [];
  const logWarnings: string[] = [];
  const loggedErrors: string[] = [];
  let counts: ReportedCounts | undefined;
  let files: FileCounts | undefined;
  let lock: LockAttempt | undefined;
  let logged: Progress = "preparing";
  let isChanging = false;
  let found: Pick<CliFacts, "firstError" | "lastLine" | "nothingDeployed" | "crash" | "script" | "lineBeforeError"> = {
    firstError: undefined,
    lastLine: "",
    lineBeforeError: "",
    nothingDeployed: false,
    crash: undefined,
    script: undefined,
  };
  const diagnostics = diagnosticReader({
    onLine,
    onUsage,
    onDiagnostic(diagnostic) {
      if (diagnostic.severity === "error" && errors.length < keptErrors) errors.push(diagnostic);
      onDiagnostic(diagnostic);
    },
  });

  function readFacts(line: string, stream: OutputStream): void {
    const action = parseReportedAction(line);
    if (action && actions.size < keptFacts) noteAction(actions, action);
    counts = parseCounts(line) ?? counts;
    files = parseFileCounts(line) ?? files;
    const listed = parseDestructiveAction(line);
    if (listed && destructive.length < keptFacts) destructive.push(listed);
    const kept = parseLeftResource(line);
    if (kept && left.size < keptFacts) left.set(kept.key, kept);
    found = {
      firstError: found.firstError ?? /^Error: (.*)$/.exec(line)?.[1],
      lastLine: line.trim() === "" ? found.lastLine : line.trim(),
      lineBeforeError: found.firstError === undefined ? found.lastLine : found.lineBeforeError,
      nothingDeployed: found.nothingDeployed || line === "No active deployment found to destroy!",
      crash: found.crash ?? /^Panic Payload: (.*)$/.exec(line)?.[1],
      script: /^Executing '(\w+)' script$/.exec(line)?.[1] ?? found.script,
    };
    isChanging ||= beginsChange.test(line);
    // In runs whose arguments ask for a log on stderr, with the time of its arrival here.
    if (stream === "stderr") lock ??= parseLoggedLockAttempt(line, Date.now());
    if (lock && isLockFailure(line)) lock = { ...lock, failed: true };
    const logWarning = parseLogWarning(line);
    if (logWarning !== undefined && logWarnings.length < keptFacts) logWarnings.push(logWarning);
    const url = stream === "stderr" ? parseRunUrl(line) : undefined;
    if (url && runUrls.length < keptFacts) runUrls.push(url);
  }

  return {
    line(printed, stream) {
      const line = withoutCutSecret(withoutSettings(printed));
      readFacts(line, stream);
      if (stream === "stderr") diagnostics.line(line);
      else onLine(line);
    },
    record({ at, level, message }) {
      lock = parseLockAttempt({ at, message }) ?? lock;
      // The same message also says that the lock is not released at the end.
      if (logged !== "changing") logged = parseProgress(message) ?? logged;
      if (lock && isLockFailure(message)) lock = { ...lock, failed: true };
      // Not through the reader of diagnostics: a record must not end a block of which only a part has arrived.
      if (level === "WARNING") {
        for (const line of `Warn: ${message}`.split("\n")) {
          readFacts(line, "stdout");
          onLine(line);
        }
      }
      if (level === "ERROR" && loggedErrors.length < keptErrors) loggedErrors.push(message);
    },
    end() {
      diagnostics.end();
      for (const message of loggedErrors.splice(0)) {
        for (const line of `Error: ${message}`.split("\n")) {
          readFacts(line, "stderr");
          diagnostics.line(line);
        }
        diagnostics.end();
      }
    },
    get facts() {
      const report = { actions, counts, files, complete: counts !== undefined && isComplete(counts, actions) };
      const isLocked = lock !== undefined && !lock.failed;
      const begun = isLocked && logged === "preparing" ? "locked" : logged;
      const progress: Progress = isChanging ? "changing" : begun;
      return { ...found, errors, report, destructive, left, lock, progress, logWarnings, runUrls };
    },
  };
}

/** What deploy, before CLI 1.13, and destroy print before they change resources (databricks/cli, bundle/phases). */
const beginsChange =
  /^(Deploying resources|The following resources will be deleted:|All files and directories at the following location )/;

function parseRunUrl(line: string): string | undefined {
  const url = /^(?:Run|Update) URL: (https:\/\/\S+)$/.exec(line)?.[1];
  return url !== undefined && URL.canParse(url) ? url : undefined;
}
