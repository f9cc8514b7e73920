import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Answer, wrongVersion } from "./answer.ts";
import { buildNotFoundError, methodError, projectNotFoundError } from "./errors.ts";
import type { Organization } from "./service-connections.ts";

/** A pipeline run of the project, called a build in the API. */
export interface Build {
  readonly id: number;
  /** Adds a job that runs; returns its ID, which System.JobId is in the job. */
  startJob(name?: string): string;
  /** Ends a job; the run goes on. */
  finishJob(jobId: string): void;
  /** Runs a job again, as "Rerun failed jobs" does: its record gets a new ID, and names the earlier attempt. */
  rerunJob(jobId: string): string;
  /** Ends the run with all its jobs. */
  finish(): void;
}

export interface Builds {
  /** Starts a run without jobs. */
  start(): Build;
  /** Answers a request of a job whose access token is in order; undefined if it is for something else. */
  answer(request: IncomingMessage, url: URL): Answer | undefined;
}

interface JobRecord {
  id: string;
  readonly name: string;
  attempt: number;
  state: "inProgress" | "completed";
  readonly startTime: string;
  finishTime: string | null;
  previousAttempts: { attempt: number; timelineId: string; recordId: string }[];
}

interface State {
  readonly id: number;
  readonly timelineId: string;
  readonly startTime: string;
  finishTime: string | undefined;
  readonly records: JobRecord[];
}

const resource = /^\/([^/]+)\/([^/]+)\/_apis\/build\/builds\/(\d+)(\/timeline)?$/i;

/** The runs of an organization's project. */
export function createBuilds(organization: Organization): Builds {
  const builds = new Map<number, State>();
  return {
    start() {
      const state: State = {
        id: builds.size + 101,
        timelineId: randomUUID(),
        startTime: now(),
        finishTime: undefined,
        records: [],
      };
      builds.set(state.id, state);
      return controls(state);
    },
    answer(request, url) {
      const [, name = "", project = "", id, timeline] = resource.exec(url.pathname) ?? [];
      if (id === undefined || name.toLowerCase() !== organization.name.toLowerCase()) return undefined;
      if (request.method !== "GET") return { status: 405, body: methodError(request.method ?? "") };
      const refusal = wrongVersion(url);
      if (refusal) return refusal;
      // A job's token is for its own project; to it, another one does not exist.
      if (![organization.project.id, organization.project.name].includes(decodeURIComponent(project))) {
        return { status: 404, body: projectNotFoundError(project) };
      }
      const state = builds.get(Number(id));
      if (state === undefined) return { status: 404, body: buildNotFoundError(id) };
      return { status: 200, body: timeline ? timelineOf(state) : buildOf(state, organization) };
    },
  };
}

function controls(state: State): Build {
  const find = (jobId: string) => {
    const record = state.records.find(({ id }) => id === jobId);
    if (record === undefined) throw new Error(`The run has no job ${jobId}.`);
    return record;
  };
  const finishJob = (record: JobRecord) => {
    record.state = "completed";
    record.finishTime ??= now();
  };
  return {
    id: state.id,
    startJob(name = "Job") {
      const id = randomUUID();
      const times = { startTime: now(), finishTime: null };
      state.records.push({ id, name, attempt: 1, state: "inProgress", ...times, previousAttempts: [] });
      return id;
    },
    finishJob: (jobId) => finishJob(find(jobId)),
    rerunJob(jobId) {
      const record = find(jobId);
      record.previousAttempts.push({ attempt: record.attempt, timelineId: randomUUID(), recordId: record.id });
      record.id = randomUUID();
      record.attempt += 1;
      record.state = "inProgress";
      record.finishTime = null;
      return record.id;
    },
    finish() {
      for (const record of state.records) finishJob(record);
      state.finishTime = now();
    },
  };
}

function buildOf({ id, startTime, finishTime, timelineId }: State, { project }: Organization) {
  return {
    id,
    buildNumber: `20261123.${id}`,
    status: finishTime === undefined ? "inProgress" : "completed",
    ...(finishTime === undefined ? {} : { result: "failed", finishTime }),
    queueTime: startTime,
    startTime,
    definition: { id: 2, name: "pipe" },
    project: { id: project.id, name: project.name },
    orchestrationPlan: { planId: timelineId },
  };
}

function timelineOf({ timelineId, records }: State) {
  return {
    id: timelineId,
    changeId: 7,
    records: records.map((record) => ({
      ...record,
      parentId: timelineId,
      type: "Job",
      result: record.state === "completed" ? "failed" : null,
      identifier: `${record.name}.__default`,
    })),
  };
}

function now(): string {
  return new Date().toISOString();
}
