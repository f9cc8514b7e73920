import { type Diagnostic, diagnosticReader } from "./diagnostics.ts";
import type { OutputStream } from "./run.ts";

/** Receives the lines that one run of the CLI prints; `facts` contains what they report so far, and everything after `end`. */
export interface CliOutput {
  line(line: string, stream: OutputStream): void;
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
  /** undefined until the output shows that the CLI has its lock. */
  readonly lock: TakenLock | undefined;
  /** `destroy` found nothing that is deployed. */
  readonly nothingDeployed: boolean;
  /** Log lines that qualify a success, without their level. */
  readonly reservations: readonly string[];
  /** What made the CLI crash; undefined where it did not. */
  readonly crash: string | undefined;
  /** The last line that is not empty, on either stream; "" where there is none. */
  readonly lastLine: string;
  /** Pages of the runs or updates that the CLI has started, in order. */
  readonly runUrls: readonly string[];
}

/** What `databricks bundle deploy` reports; versions before 1.13 do not list resources. */
export interface DeployReport {
  /** By `type.key`, without what stays as it is. */
  readonly actions: ReadonlyMap<string, ReportedAction>;
  /** undefined before 1.13. */
  readonly counts: ReportedCounts | undefined;
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

export interface TakenLock {
  /** When the output showed that the CLI has it. */
  readonly takenBy: Date;
  /** Its folder in the workspace, if the output names it. */
  readonly statePath: string | undefined;
}

/** Shows the output line by line; only a diagnostic is held back, until its end. */
export interface OutputDisplay {
  readonly onLine: (line: string) => void;
  readonly onDiagnostic: (diagnostic: Diagnostic) => void;
}

const keptErrors = 100;
/** Of every other list of facts: more come from a program that prints like the CLI. */
const keptFacts = 10_000;

/** Reads the output of one run of `databricks bundle …`. */
export function cliOutput({ onLine, onDiagnostic }: OutputDisplay): CliOutput {
  const errors: Diagnostic[] = [];
  const actions = new Map<string, ReportedAction>();
  const destructive: DestructiveAction[] = [];
  const left = new Map<string, LeftResource>();
  const runUrls: string[] = [];
  const reservations: string[] = [];
  let counts: ReportedCounts | undefined;
  let found: Pick<CliFacts, "firstError" | "lastLine" | "lock" | "nothingDeployed" | "crash"> = {
    firstError: undefined,
    lastLine: "",
    lock: undefined,
    nothingDeployed: false,
    crash: undefined,
  };
  const diagnostics = diagnosticReader({
    onLine,
    onDiagnostic(diagnostic) {
      if (diagnostic.severity === "error" && errors.length < keptErrors) errors.push(diagnostic);
      onDiagnostic(diagnostic);
    },
  });

  function readFacts(line: string, stream: OutputStream): void {
    const action = parseReportedAction(line);
    if (action && actions.size < keptFacts) noteAction(actions, action);
    counts = parseCounts(line) ?? counts;
    const listed = parseDestructiveAction(line);
    if (listed && destructive.length < keptFacts) destructive.push(listed);
    const kept = parseLeftResource(line);
    if (kept && left.size < keptFacts) left.set(kept.key, kept);
    found = {
      firstError: found.firstError ?? /^Error: (.*)$/.exec(line)?.[1],
      lastLine: line.trim() === "" ? found.lastLine : line.trim(),
      lock: found.lock ?? parseTakenLock(line),
      nothingDeployed: found.nothingDeployed || line === "No active deployment found to destroy!",
      crash: found.crash ?? /^Panic Payload: (.*)$/.exec(line)?.[1],
    };
    const reservation = parseReservation(line);
    if (reservation !== undefined && reservations.length < keptFacts) reservations.push(reservation);
    const url = stream === "stderr" ? parseRunUrl(line) : undefined;
    if (url && runUrls.length < keptFacts) runUrls.push(url);
  }

  return {
    line(line, stream) {
      readFacts(line, stream);
      if (stream === "stderr") diagnostics.line(line);
      else onLine(line);
    },
    end: diagnostics.end,
    get facts() {
      const report = { actions, counts, complete: counts !== undefined && isComplete(counts, actions) };
      return { ...found, errors, report, destructive, left, reservations, runUrls };
    },
  };
}

interface ResourceAction {
  /** e.g. jobs.nightly, or jobs.nightly.permissions, which belongs to it. */
  readonly key: string;
  readonly action: ReportedAction;
}

function parseReportedAction(line: string): ResourceAction | undefined {
  const [, action, key] = /^(Created|Updated|Deleted|Recreated) ([a-z_]+\.\S+)$/.exec(line) ?? [];
  return action && key ? { key, action: action.toLowerCase() as ReportedAction } : undefined;
}

/** A change of what belongs to a resource is an update of it, unless it has a line of its own. */
function noteAction(actions: Map<string, ReportedAction>, { key, action }: ResourceAction): void {
  const resource = key.split(".").slice(0, 2).join(".");
  if (key === resource) actions.set(resource, action);
  else if (!actions.has(resource)) actions.set(resource, "updated");
}

const countLine = /^Resources: (\d+) created, (\d+) changed, (\d+) deleted, (\d+) unchanged(?:, (\d+) not selected)?/;

function parseCounts(line: string): ReportedCounts | undefined {
  const match = countLine.exec(line);
  if (match === null) return undefined;
  const [created = 0, updated = 0, deleted = 0, unchanged = 0, notSelected = 0] = match
    .slice(1)
    .map((digits) => Number(digits ?? 0));
  return { created, updated, deleted, unchanged, notSelected };
}

function isComplete({ created, updated, deleted }: ReportedCounts, actions: DeployReport["actions"]): boolean {
  return (created + updated + deleted === 0) === (actions.size === 0);
}

/** From a line such as "  recreate resources.schemas.orders" (databricks/cli, bundle/phases/approval.go). */
function parseDestructiveAction(line: string): DestructiveAction | undefined {
  const [, action, key] = /^ {2}(delete|recreate) (?:resources\.)?(\S.*)$/.exec(line) ?? [];
  return key === undefined ? undefined : { action: action === "delete" ? "delete" : "recreate", key };
}

/** From a warning of the direct engine (databricks/cli, bundle/direct/apply.go). */
function parseLeftResource(line: string): LeftResource | undefined {
  const pattern = /Ignoring permission error when deleting (?:resources\.)?(\S+) id=(.*?): /;
  const [, key, id] = pattern.exec(line) ?? [];
  return key === undefined || id === undefined ? undefined : { key, id };
}

/** What `destroy` prints once it has the lock (databricks/cli, bundle/phases/destroy.go). */
const beginsDestroy =
  /^(The following resources will be deleted:|All files and directories at the following location )/;

/**
 * The CLI takes the lock before it uploads files (databricks/cli, bundle/phases/deploy.go). The state is next to the files,
 * unless the bundle sets workspace.state_path: then the lock is not found.
 */
function parseTakenLock(line: string): TakenLock | undefined {
  const [, root] = /^Uploading bundle files to (\/.*)\/files(?:\.\.\.)?$/.exec(line) ?? [];
  if (root !== undefined) return { takenBy: new Date(), statePath: `${root}/state` };
  return beginsDestroy.test(line) ? { takenBy: new Date(), statePath: undefined } : undefined;
}

function parseRunUrl(line: string): string | undefined {
  const url = /^(?:Run|Update) URL: (https:\/\/\S+)$/.exec(line)?.[1];
  return url !== undefined && URL.canParse(url) ? url : undefined;
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

function parseReservation(line: string): string | undefined {
  const text = /^Warn: (.*)$/.exec(line)?.[1];
  return text !== undefined && qualifying.test(text) ? text : undefined;
}
