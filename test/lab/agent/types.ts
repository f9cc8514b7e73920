/** A service connection as the server hands it to a job. */
export interface ServiceConnection {
  /** Lower-case GUID. */
  id: string;
  name: string;
  url: string;
  scheme: string;
  parameters: Record<string, string>;
  data: Record<string, string>;
}

/** The machine and its configuration: what `config.sh` and the administrator decide. */
export interface AgentSettings {
  /** Path of the packaged extension. */
  vsix: string;
  /** Path of the Node binary that runs tasks. */
  node: string;
  /** The agent's own proxy setting; `bypass` holds regular expressions. */
  proxy?: { url: string; username?: string; password?: string; bypass?: string[] };
  caFile?: string;
  skipCertValidation?: boolean;
  /** The agent process's environment, on top of PATH, HOME (a folder of the agent) and LANG. */
  environment?: Record<string, string>;
  /** Tools folder shared between agents; default `<root>/_work/_tool`. */
  toolsDirectory?: string;
  /** Overrides Agent.OS and Agent.OSArchitecture. */
  platform?: { os: string; architecture: string };
  /** Agent.Version, default 4.265.1. */
  version?: string;
}

export type HostType = "build" | "release" | "deployment";

export type VariableSetting = string | { value: string; secret?: boolean; readOnly?: boolean };

/** What the server puts into a job message. */
export interface JobSettings {
  hostType?: HostType;
  /** For example `https://dev.azure.com/contoso/`. */
  collectionUrl: string;
  project?: { id: string; name: string };
  /** The job access token. */
  jobToken: string;
  serviceConnections?: ServiceConnection[];
  variables?: Record<string, VariableSetting>;
  /** system.debug */
  debug?: boolean;
  /** Whether System.OidcRequestUri is set; default true. */
  oidcRequestUri?: boolean;
  /** The classic check-box "Allow scripts to access the OAuth token": a public SYSTEM_ACCESSTOKEN. */
  enableAccessToken?: boolean;
}

/** One step of a job, as its author wrote it. */
export interface StepSettings {
  /** Name (or id) and major version: `DatabricksBundleDeploy@1`. */
  task: string;
  /** Reference name, for output variables. */
  name?: string;
  displayName?: string;
  inputs?: Record<string, string>;
  env?: Record<string, string>;
  continueOnError?: boolean;
  timeoutMs?: number;
  retryCountOnTaskFailure?: number;
  /** YAML `target.commands`. */
  commands?: "restricted";
  /** YAML `target.settableVariables`; an empty list allows none. */
  settableVariables?: string[];
  /** Cancels the job. */
  cancel?: AbortSignal;
  /** Receives the pid of each Node process of this step. */
  onStart?: (pid: number) => void;
  /** Receives masked log lines as they come. */
  onLine?: (line: string) => void;
}

export type TaskResult = "Succeeded" | "SucceededWithIssues" | "Failed" | "Canceled" | "Skipped" | "Abandoned";

export interface Issue {
  type: "error" | "warning";
  message: string;
  sourcePath?: string;
  line?: number;
  column?: number;
  code?: string;
}

/** What a step left behind: what a user sees, and what tests must be able to look for leaks in. */
export interface StepResult {
  /** `Abandoned` only when the task itself reports it. */
  result: TaskResult;
  /** Masked log lines, as a user sees them (with `##[tags]`). */
  log: string[];
  /** Unmasked lines as the task wrote them. */
  raw: { stdout: string[]; stderr: string[] };
  /** At most ten errors and ten warnings, as the agent keeps. */
  issues: Issue[];
  /** Messages of the error issues, in order. */
  errors: string[];
  /** Messages of the warning issues, in order. */
  warnings: string[];
  /** Output variables of this step, by bare name. */
  outputs: Record<string, string>;
  summaries: { name: string; content: string }[];
  attachments: { type: string; name: string; content: string }[];
  /** Files that a command named for upload and that were gone when the agent came to read them. */
  lostUploads: string[];
  currentOperation?: string;
  exitCode: number | null;
  durationMs: number;
  /** What this step left under Agent.TempDirectory (relative; empty folders end in `/`), uploads included, `.taskkey` not. */
  leftInTemp: string[];
  /** Whether the step changed its own task folder, which agents reuse between jobs. */
  taskFolderChanged: boolean;
}

/** The job's variables as a later step would see them. Names are case-insensitive. */
export interface JobVariables {
  get(name: string): string | undefined;
  isSecret(name: string): boolean;
  names(): string[];
}

export interface Orphan {
  pid: number;
  command: string;
}

export interface Job {
  /** System.DefaultWorkingDirectory */
  readonly workingDirectory: string;
  readonly tempDirectory: string;
  readonly homeDirectory: string;
  readonly variables: JobVariables;
  /** Folders that steps prepended to PATH, first in PATH first. */
  path(): string[];
  /** Runs one step. Rejects when the server would refuse the pipeline: unknown task, unknown, missing or ambiguous input. */
  run(step: StepSettings): Promise<StepResult>;
  /** Ends the job: kills and reports what its steps left running, empties the temp folder. */
  finish(): Promise<{ orphans: Orphan[] }>;
}

export interface Agent {
  readonly root: string;
  readonly toolsDirectory: string;
  /** Starts a job; an agent runs one at a time. */
  startJob(settings: JobSettings): Promise<Job>;
  /** Ends an unfinished job and removes the agent's folder. */
  dispose(): Promise<void>;
}
