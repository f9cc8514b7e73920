import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import * as tl from "azure-pipelines-task-lib/task";
import { fileFailure } from "./file-failure.ts";

/** The job's ids and addresses, as the agent's variables name them. */
export interface JobInfo {
  /** URL of the collection (endpoint SYSTEMVSSCONNECTION). */
  readonly collectionUrl: string;
  readonly oidcRequestUri: string | undefined;
  readonly projectId: string | undefined;
  /** build, release, deployment, …; the name of the hub. */
  readonly hostType: string | undefined;
  readonly planId: string | undefined;
  readonly jobId: string | undefined;
  /** The job access token (System.AccessToken). */
  readonly jobToken: string | undefined;
}

/** What the agent tells a task about its job. */
export function readJob(): JobInfo {
  return {
    collectionUrl: tl.getEndpointUrl("SYSTEMVSSCONNECTION", true) ?? "",
    // task-lib's function for a single parameter would print the token as a debug message.
    jobToken: tl.getEndpointAuthorization("SYSTEMVSSCONNECTION", true)?.parameters["AccessToken"],
    oidcRequestUri: tl.getVariable("System.OidcRequestUri"),
    projectId: tl.getVariable("System.TeamProjectId"),
    hostType: tl.getVariable("System.HostType"),
    planId: tl.getVariable("System.PlanId"),
    jobId: tl.getVariable("System.JobId"),
  };
}

/** The step's place in the timeline of its run; undefined parts are those that the agent does not tell. */
export interface StepRecord {
  readonly timelineId: string | undefined;
  readonly recordId: string | undefined;
}

export function readStepRecord(): StepRecord {
  return { timelineId: tl.getVariable("System.TimelineId"), recordId: tl.getVariable("System.TaskInstanceId") };
}

/** Absolute path of a program on PATH, or undefined. */
export function findOnPath(name: string): string | undefined {
  return tl.which(name, false) || undefined;
}

/** Repository root in builds, artifacts folder in classic releases. */
export function repositoryFolder(): string {
  return tl.getVariable("System.DefaultWorkingDirectory") ?? process.cwd();
}

/** The commit that the job works on; undefined if there is none. */
export function sourceCommit(): string | undefined {
  return tl.getVariable("Build.SourceVersion") || undefined;
}

/** The Git reference that the job builds, e.g. refs/heads/main or refs/pull/12/merge; undefined if there is none. */
export function sourceRef(): string | undefined {
  return tl.getVariable("Build.SourceBranch") || undefined;
}

/** Whether this is a pull request's validation build. */
export function isPullRequestBuild(): boolean {
  return tl.getVariable("Build.Reason") === "PullRequest";
}

/** The branch into which the pull request is to be merged, e.g. refs/heads/main; undefined in other builds. */
export function pullRequestTarget(): string | undefined {
  return (isPullRequestBuild() && tl.getVariable("System.PullRequest.TargetBranch")) || undefined;
}

/** A variable of the job, under the name that its author wrote. */
export type JobVariable = Readonly<tl.VariableInfo>;

let variablesAtStart: readonly JobVariable[] | undefined;

/** The job's variables as the step has got them, with their original names, which the environment no longer shows. */
export function jobVariables(): readonly JobVariable[] {
  variablesAtStart ??= readVariables();
  return variablesAtStart;
}

function readVariables(): readonly JobVariable[] {
  // task-lib writes every value that it returns to its debug output.
  tl.setStdStream(nowhere);
  try {
    return tl.getVariables();
  } finally {
    setLibraryOutput();
  }
}

const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });

/**
 * Lets task-lib write only in runs with system.debug. It writes a debug message for each input and variable that it reads, and
 * the agent shows them only in these runs.
 */
export function setLibraryOutput(): void {
  const isDebugRun = process.env["SYSTEM_DEBUG"]?.toLowerCase() === "true";
  tl.setStdStream(isDebugRun ? process.stdout : nowhere);
}

function agentTemporaryFolder(): string {
  return tl.getVariable("Agent.TempDirectory") ?? os.tmpdir();
}

/** A folder of this step's own (mode 0700, unguessable name with the process ID) under Agent.TempDirectory; the caller removes it. */
export function createTemporaryFolder(): string {
  return makeFolder(`databricks-step-${process.pid}-`);
}

/** Makes a folder under Agent.TempDirectory. Throws a UserError if the disk does not allow it. */
function makeFolder(prefix: string): string {
  const parent = agentTemporaryFolder();
  try {
    return fs.mkdtempSync(path.join(parent, prefix));
  } catch (error) {
    throw fileFailure(error, { work: `write to the agent's temporary folder ${parent}`, section: "temporary-folder" });
  }
}

/**
 * Writes a file that must outlive the step: the agent reads summaries later and empties the folder after the job. Throws a
 * UserError if the disk does not allow it.
 */
export function writeJobFile(name: string, content: string): string {
  const file = path.join(makeFolder("databricks-"), name);
  writeTemporaryFile(file, content);
  return file;
}

/** Writes a file under Agent.TempDirectory that only this account can read. Throws a UserError if the disk does not allow it. */
export function writeTemporaryFile(file: string, content: string): void {
  try {
    fs.writeFileSync(file, content, { mode: 0o600 });
  } catch (error) {
    throw fileFailure(error, { work: `write the file ${file}`, section: "temporary-folder" });
  }
}
