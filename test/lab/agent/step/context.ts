import fs from "node:fs";
import type { JobState } from "../job/job.ts";
import type { VariableFlags, Variables } from "../job/variables.ts";
import type { Restrictions } from "../server/task-definition.ts";
import type { Issue, TaskResult } from "../types.ts";
import { isVariableSettable } from "./restrictions.ts";
import { mergeResults } from "./result.ts";

/** The agent keeps this many errors, and as many warnings, of a step (agent: ExecutionContext.cs). */
const maxIssues = 10;
/** Attachment type of `task.uploadsummary`. */
export const summaryType = "DistributedTask.Core.Summary";

export interface Upload {
  readonly type: string;
  readonly name: string;
  readonly path: string;
}

export interface StepOptions {
  readonly name: string;
  readonly restrictions: readonly Restrictions[];
  /** Names that task.json declares: setting them makes output variables even without `isoutput`. */
  readonly outputVariables: readonly string[];
  /** Shared by the stages of the step. */
  readonly taskVariables: Variables;
  readonly onLine: ((line: string) => void) | undefined;
}

/** What a step accumulates while it runs: its log, issues, outputs, uploads and result. */
export class StepContext {
  readonly job: JobState;
  readonly options: StepOptions;
  readonly taskVariables: Variables;
  readonly log: string[] = [];
  readonly issues: Issue[] = [];
  readonly outputs: Record<string, string> = {};
  readonly uploads: Upload[] = [];
  readonly raw = { stdout: [] as string[], stderr: [] as string[] };
  result: TaskResult | undefined;
  /** The result that failed commands force on the step, whatever the task reports. */
  commandResult: TaskResult | undefined;
  currentOperation = "";
  exitCode: number | null = null;
  /** Called when the task reports that it is done. */
  onDone: (() => void) | undefined;

  constructor(job: JobState, options: StepOptions) {
    this.job = job;
    this.options = options;
    this.taskVariables = options.taskVariables;
  }

  /** Appends to the log, masked as a whole, then by lines. */
  write(message: string, tag = ""): void {
    this.#append(this.job.masker.mask(`${tag}${message}`));
  }

  /** Appends what the agent does not mask: a task's own description. */
  writeUnmasked(message: string): void {
    this.#append(message);
  }

  debug(message: string): void {
    if (!this.job.debug) return;
    for (const line of message.split(/\r?\n/)) this.write(line, "##[debug]");
  }

  error(message: string): void {
    this.addIssue({ type: "error", message });
  }

  warning(message: string): void {
    this.addIssue({ type: "warning", message });
  }

  addIssue(issue: Issue): void {
    const message = this.job.masker.mask(issue.message);
    if (message !== "") this.write(message, `##[${issue.type}]`);
    const known = this.issues.filter(({ type }) => type === issue.type).length;
    if (known < maxIssues) this.issues.push({ ...issue, message });
  }

  /** Whether all restrictions let a variable be set; warns when not. */
  checkSettable(name: string): boolean {
    if (isVariableSettable(this.options.restrictions, name)) return true;
    this.warning(`Setting variable '${name}' has been disabled by the task or build definition.`);
    return false;
  }

  /** An output variable is stored as `<step>.<name>` only, read-only. */
  setVariable(name: string, value: string, isOutput: boolean, flags: VariableFlags): void {
    const declared = this.options.outputVariables.some((output) => output.toLowerCase() === name.toLowerCase());
    if (!isOutput && !declared) {
      this.job.variables.set(name, value, flags);
      return;
    }
    this.outputs[name] = value;
    const readOnly = isOutput || flags.readOnly === true;
    this.job.variables.set(`${this.options.name}.${name}`, value, { ...flags, readOnly });
  }

  failCommand(): void {
    this.commandResult = "Failed";
  }

  /** The step's result, with failed commands and continueOnError taken into account. */
  finalResult(continueOnError: boolean): TaskResult {
    const own = this.result ?? "Succeeded";
    const merged = this.commandResult === undefined ? own : mergeResults(this.result, this.commandResult);
    return merged === "Failed" && continueOnError ? "SucceededWithIssues" : merged;
  }

  /** Reads the files named for upload, as the agent does some time after the command. */
  readUploads(): { found: (Upload & { content: string })[]; lost: string[] } {
    const found: (Upload & { content: string })[] = [];
    const lost: string[] = [];
    for (const upload of this.uploads) {
      try {
        found.push({ ...upload, content: fs.readFileSync(upload.path, "utf8") });
      } catch {
        lost.push(upload.path);
      }
    }
    return { found, lost };
  }

  #append(masked: string): void {
    for (const line of masked.split(/\r\n|\n|\r/)) {
      this.log.push(line);
      this.job.log.push(line);
      this.options.onLine?.(line);
    }
  }
}
