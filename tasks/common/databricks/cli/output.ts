import { type Diagnostic, diagnosticReader } from "./diagnostics.ts";
import type { Cli, OutputStream } from "./run.ts";
import { type DeployedAction, type DeploymentState, readDeploymentStates } from "./state.ts";

/** Takes the lines that one run of the CLI prints; `facts` holds what they said so far, and all of it after `end`. */
export interface CliOutput {
  line(line: string, stream: OutputStream): void;
  end(): void;
  readonly facts: CliFacts;
}

export interface CliFacts {
  /** The first errors, at most 100. */
  readonly errors: readonly Diagnostic[];
  /** What follows the first "Error: " at the start of a line, on either stream. */
  readonly firstError: string | undefined;
  readonly report: DeployReport;
  /** What a deploy or destroy lists before it deletes or recreates resources whose deletion loses data. */
  readonly destructive: readonly DestructiveAction[];
  /** By key, e.g. schemas.orders. */
  readonly left: ReadonlyMap<string, LeftResource>;
  /** undefined until the CLI must have its lock. */
  readonly lock: TakenLock | undefined;
  /** States of the last deployment, by target, read before this one changed anything; undefined where it never came to that. */
  readonly statesBefore: ReadonlyMap<string, DeploymentState> | undefined;
  /** Pages of the runs or updates that the CLI has started, in order. */
  readonly runUrls: readonly string[];
}

/** What `databricks bundle deploy` reports; versions before 1.13 report no single resources. */
export interface DeployReport {
  /** By `type.key`, without what stays as it is. */
  readonly actions: ReadonlyMap<string, DeployedAction>;
  /** undefined before 1.13. */
  readonly counts: ReportedCounts | undefined;
  /** Whether the resources that it lists agree with its counts; with -q it counts without listing. */
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

export interface DestructiveAction {
  readonly action: "delete" | "recreate";
  /** e.g. schemas.orders */
  readonly key: string;
}

/** A resource that the CLI was not allowed to delete, and has dropped from the deployment all the same. */
export interface LeftResource {
  /** e.g. schemas.orders */
  readonly key: string;
  readonly id: string;
}

export interface TakenLock {
  /** When the CLI must have had it. */
  readonly takenBy: Date;
  /** Its folder in the workspace, where the output names it. */
  readonly statePath: string | undefined;
}

/** Where the output is shown, line by line: nothing is held back but a diagnostic, until its end. */
export interface OutputDisplay {
  readonly onLine: (line: string) => void;
  readonly onDiagnostic: (diagnostic: Diagnostic) => void;
}

const keptErrors = 100;

/** Reads the output of one run of `databricks bundle …`. */
export function cliOutput(
  cli: Pick<Cli, "folder" | "environment">,
  { onLine, onDiagnostic }: OutputDisplay,
): CliOutput {
  const errors: Diagnostic[] = [];
  const actions = new Map<string, DeployedAction>();
  const destructive: DestructiveAction[] = [];
  const left = new Map<string, LeftResource>();
  const runUrls: string[] = [];
  let counts: ReportedCounts | undefined;
  let found: Pick<CliFacts, "firstError" | "lock" | "statesBefore"> = {
    firstError: undefined,
    lock: undefined,
    statesBefore: undefined,
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
    if (action) actions.set(action.key, action.action);
    counts = parseCounts(line) ?? counts;
    const listed = parseDestructiveAction(line);
    if (listed) destructive.push(listed);
    const kept = parseLeftResource(line);
    if (kept) left.set(kept.key, kept);
    found = {
      firstError: found.firstError ?? /^Error: (.*)$/.exec(line)?.[1],
      lock: found.lock ?? parseTakenLock(line),
      statesBefore: found.statesBefore ?? (beginsUpload(line) ? readDeploymentStates(cli) : undefined),
    };
    const url = stream === "stderr" ? parseRunUrl(line) : undefined;
    if (url) runUrls.push(url);
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
      return { ...found, errors, report, destructive, left, runUrls };
    },
  };
}

function parseReportedAction(line: string): { key: string; action: DeployedAction } | undefined {
  const [, action, key] = /^(Created|Updated|Deleted|Recreated) ([a-z_]+\.[^\s.]+)$/.exec(line) ?? [];
  return action && key ? { key, action: action.toLowerCase() as DeployedAction } : undefined;
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

/** From the warning that the direct engine gives (databricks/cli, bundle/direct/apply.go). */
function parseLeftResource(line: string): LeftResource | undefined {
  const pattern = /Ignoring permission error when deleting (?:resources\.)?(\S+) id=(.*?): /;
  const [, key, id] = pattern.exec(line) ?? [];
  return key === undefined || id === undefined ? undefined : { key, id };
}

/** The first line that comes after the CLI has fetched the last deployment's state, and before it changes anything. */
function beginsUpload(line: string): boolean {
  return /^Uploading (bundle files to |immutable bundle snapshot)/.test(line);
}

/** What `destroy` prints once it has the lock (databricks/cli, bundle/phases/destroy.go). */
const beginsDestroy =
  /^(The following resources will be deleted:|All files and directories at the following location )/;

/**
 * The CLI takes the lock before it uploads files (databricks/cli, bundle/phases/deploy.go). The state lies beside the
 * files, unless the bundle sets workspace.state_path: then nothing is found there.
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
