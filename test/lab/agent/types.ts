/** A service connection as the server hands it to a job. */
export interface ServiceConnection {
  /** Lower-case GUID. */
  readonly id: string;
  readonly name: string;
  url: string;
  readonly scheme: string;
  readonly parameters: Record<string, string>;
  readonly data: Record<string, string>;
}

/** The machine and its configuration: what `config.sh` and the administrator decide. */
export interface AgentSettings {
  /** Path of the packaged extension. */
  readonly vsix: string;
  /** Path of the Node binary that runs tasks. */
  readonly node: string;
  /** The agent's own proxy setting; `bypass` holds regular expressions. */
  readonly proxy?: { url: string; username?: string; password?: string; bypass?: string[] };
  readonly caFile?: string;
  /** Whether the machine itself trusts that CA too, which matters on Windows; default true. */
  readonly trustCa?: boolean;
  readonly skipCertValidation?: boolean;
  /** The agent process's environment, on top of PATH, HOME (a folder of the agent) and LANG. */
  readonly environment?: Record<string, string>;
  /** Tools folder shared between agents; default `<root>/_work/_tool`. */
  readonly toolsDirectory?: string;
  /** Overrides Agent.OS and Agent.OSArchitecture. */
  readonly platform?: { os: string; architecture: string };
  /** Agent.Version, default 4.265.1. */
  readonly version?: string;
  /** The agent verifies signatures of tasks: it unpacks a task again before each step (agent: TaskManager.cs). */
  readonly verifySignatures?: boolean;
}

export type HostType = "build" | "release" | "deployment";

export type VariableSetting = string | { value: string; secret?: boolean; readOnly?: boolean };

/** What the server puts into a job message. */
export interface JobSettings {
  readonly hostType?: HostType;
  /** For example `https://dev.azure.com/contoso/`. */
  readonly collectionUrl: string;
  readonly project?: { id: string; name: string };
  /** The job access token. */
  readonly jobToken: string;
  /** The run that the job belongs to, as Azure DevOps knows it; else one that does not exist there. */
  readonly run?: { readonly buildId: number; readonly jobId: string };
  readonly serviceConnections?: ServiceConnection[];
  readonly variables?: Record<string, VariableSetting>;
  /** system.debug */
  readonly debug?: boolean;
  /** Whether System.OidcRequestUri is set; default true. */
  readonly oidcRequestUri?: boolean;
  /** The classic check-box "Allow scripts to access the OAuth token": a public SYSTEM_ACCESSTOKEN. */
  readonly enableAccessToken?: boolean;
}

export type Condition = "succeeded()" | "succeededOrFailed()" | "always()";

/** One step of a job, as its author wrote it. */
export interface StepSettings {
  /** Name (or id) and major version: `DatabricksBundleDeploy@1`. */
  readonly task: string;
  /** Reference name, for output variables. */
  readonly name?: string;
  readonly displayName?: string;
  readonly inputs?: Record<string, string>;
  readonly env?: Record<string, string>;
  readonly continueOnError?: boolean;
  readonly timeoutMs?: number;
  readonly retryCountOnTaskFailure?: number;
  /** YAML `target.commands`. */
  readonly commands?: "restricted";
  /** YAML `target.settableVariables`; an empty list allows none. */
  readonly settableVariables?: string[];
  /** YAML `condition`; without one, `run` runs the step, and `runAll` applies `succeeded()`. */
  readonly condition?: Condition;
  /** Cancels the job. */
  readonly cancel?: AbortSignal;
  /** Receives the pid of each Node process of this step, also of its stages before and after the job, and a function that kills it. */
  readonly onStart?: (pid: number, kill: () => void) => void;
  /** Receives masked log lines as they come. */
  readonly onLine?: (line: string) => void;
}

export type TaskResult = "Succeeded" | "SucceededWithIssues" | "Failed" | "Canceled" | "Skipped" | "Abandoned";

export interface Issue {
  readonly type: "error" | "warning";
  message: string;
  sourcePath?: string;
  line?: number;
  column?: number;
  code?: string;
}

/** What a step left behind: what a user sees, and what tests must be able to look for leaks in. */
export interface StepResult {
  /** `Abandoned` only when the task itself reports it. */
  readonly result: TaskResult;
  /** Masked log lines, as a user sees them (with `##[tags]`). */
  readonly log: string[];
  /** Unmasked lines as the task wrote them. */
  readonly raw: { stdout: string[]; stderr: string[] };
  /** At most ten errors and ten warnings, as the agent keeps. */
  readonly issues: Issue[];
  /** Messages of the error issues, in order. */
  readonly errors: string[];
  /** Messages of the warning issues, in order. */
  readonly warnings: string[];
  /** Output variables of this step, by bare name. */
  readonly outputs: Record<string, string>;
  readonly summaries: { name: string; content: string }[];
  readonly attachments: { type: string; name: string; content: string }[];
  /** Files that a command named for upload and that were gone when the agent came to read them. */
  readonly lostUploads: string[];
  readonly currentOperation?: string;
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** What this step left under Agent.TempDirectory (relative; empty folders end in `/`): uploads too, keys of the task library not. */
  readonly leftInTemp: string[];
  /** Whether the step changed its own task folder, which agents reuse between jobs. */
  readonly taskFolderChanged: boolean;
}

/** The job's variables as a later step would see them. Names are case-insensitive. */
export interface JobVariables {
  get(name: string): string | undefined;
  isSecret(name: string): boolean;
  names(): string[];
}

/** A process that a job's steps started. */
export interface JobProcess {
  readonly pid: number;
  /** Its command line, or its name if that cannot be read. */
  readonly command: string;
}

/** A process that a job left running. */
export type Orphan = JobProcess;

export interface Job {
  /** System.DefaultWorkingDirectory */
  readonly workingDirectory: string;
  readonly tempDirectory: string;
  readonly homeDirectory: string;
  readonly variables: JobVariables;
  /** Folders that steps prepended to PATH, first in PATH first. */
  path(): string[];
  /** What its steps run at the moment, grandchildren and other sessions included. */
  processes(): JobProcess[];
  /** Pid of the process that runs the job, and is the parent of the tasks' processes. */
  readonly workerPid: number;
  /**
   * Runs one step. Rejects when the server would refuse the pipeline: unknown task, unknown, missing or ambiguous input;
   * also for a task that has a pre-job stage, which runs before all steps: `runAll` runs it.
   */
  run(step: StepSettings): Promise<StepResult>;
  /** Runs a whole job: the pre-job stages of all steps, the steps by their conditions, then what `finish` does. */
  runAll(steps: readonly StepSettings[]): Promise<FinishedJob & { preJob: StepResult[]; steps: StepResult[] }>;
  /** Kills the worker with SIGKILL. Nothing of the job runs after that. */
  killWorker(): Promise<void>;
  /**
   * Ends the job: runs the post-job stages of its steps, the last step's first, kills and reports what is left running,
   * and empties the temp folder. Does nothing of that when the worker was killed.
   */
  finish(): Promise<FinishedJob>;
}

/** What the end of a job did. */
export interface FinishedJob {
  /** In the order in which they ran. */
  readonly postJob: StepResult[];
  readonly orphans: Orphan[];
}

export interface Agent {
  readonly root: string;
  readonly toolsDirectory: string;
  /** The logs of all steps so far, as users see them. */
  log(): string[];
  /** Starts a job; an agent runs one at a time. */
  startJob(settings: JobSettings): Promise<Job>;
  /**
   * Loses the machine, as when the power fails: all processes of the job are killed at once, and everything on its disk is gone.
   * The job never finishes, and the promise of a step that runs at that time rejects.
   */
  lose(): void;
  /** Ends an unfinished job and removes the agent's folder. */
  dispose(): Promise<void>;
}
