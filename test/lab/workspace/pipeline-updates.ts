import { fields, type GateRequest, isObject, jsonReply, type Reply } from "./exchange.ts";
import type { RunDirector, RunLife, RunResult } from "./run-life.ts";

/** The updates of pipelines, as the run director decides them. */
export interface PipelineUpdates {
  /** Rewrites a reply that shows a pipeline or its updates. */
  rewrite(request: GateRequest, reply: Reply): Reply;
}

interface Update {
  readonly id: string;
  readonly life: RunLife;
}

const pipelinePath = /^\/api\/2\.0\/pipelines\/([^/]+)(?:\/(updates|events|stop)(?:\/([^/]+))?)?$/;
const updateStates: Record<RunResult, string> = {
  SUCCESS: "COMPLETED",
  SUCCESS_WITH_FAILURES: "COMPLETED",
  FAILED: "FAILED",
  TIMEDOUT: "FAILED",
  CANCELED: "CANCELED",
  INTERNAL_ERROR: "FAILED",
  SKIPPED: "CANCELED",
  UPSTREAM_FAILED: "FAILED",
  MAXIMUM_CONCURRENT_RUNS_REACHED: "FAILED",
};

/** Follows the updates that are started from now on. */
export function createPipelineUpdates(director: RunDirector): PipelineUpdates {
  const updates = new Map<string, Update[]>();

  return {
    rewrite({ method, url }, reply) {
      const [, pipelineId = "", collection, updateId] = pipelinePath.exec(url.pathname) ?? [];
      const known = updates.get(pipelineId) ?? [];
      if (reply.status !== 200 || pipelineId === "") return reply;
      switch (`${method} ${collection}`) {
        case "POST updates":
          updates.set(pipelineId, [{ id: String(fields(reply.body)["update_id"]), life: director.start() }, ...known]);
          return reply;
        case "POST stop":
          for (const { life } of known) {
            life.cancel();
          }
          return reply;
        case "GET updates":
          return updateId === undefined ? reply : oneUpdate(pipelineId, updateId, known, reply);
        case "GET events":
          return jsonReply(200, { events: events(pipelineId, url, known) });
        case "GET undefined":
          return pipeline(known, reply);
        default:
          return reply;
      }
    },
  };
}

function oneUpdate(pipelineId: string, id: string, known: Update[], reply: Reply): Reply {
  const update = known.find((candidate) => candidate.id === id);
  const body = fields(reply.body)["update"];
  return update === undefined
    ? reply
    : jsonReply(200, { update: { ...(isObject(body) && body), pipeline_id: pipelineId, ...summary(update) } });
}

function pipeline(known: Update[], reply: Reply): Reply {
  const isActive = known.some(({ life }) => life.outcome() === undefined);
  const latest = known.map((update) => ({ update_id: update.id, ...summary(update) }));
  const updated = latest.length > 0 && { state: isActive ? "RUNNING" : "IDLE", latest_updates: latest };
  return { ...reply, body: JSON.stringify({ ...fields(reply.body), ...updated }) };
}

function summary({ life }: Update) {
  const outcome = life.outcome();
  return { state: outcome ? updateStates[outcome.result] : "RUNNING", creation_time: life.startedAt };
}

interface UpdateEvent {
  readonly level: "INFO" | "ERROR";
  readonly timestamp: string;
  [member: string]: unknown;
}

/** The latest first. The request's filter may name an update, a level and a time (databricks/cli, bundle/run/pipeline.go). */
function events(pipelineId: string, url: URL, known: Update[]): UpdateEvent[] {
  const filter = url.searchParams.get("filter") ?? "";
  const [, updateId] = /update_id\s*=\s*'([^']*)'/.exec(filter) ?? [];
  const [, level] = /level\s*=\s*'([^']*)'/.exec(filter) ?? [];
  const [, after = ""] = /timestamp\s*>\s*'([^']*)'/.exec(filter) ?? [];
  return known
    .filter(({ id }) => updateId === undefined || id === updateId)
    .flatMap((update) => eventsOf(pipelineId, update))
    .filter((event) => (level === undefined || event.level === level) && event.timestamp > after);
}

function eventsOf(pipelineId: string, { id, life }: Update): UpdateEvent[] {
  const event = (state: string, at: number, more: Pick<UpdateEvent, "level"> & object = { level: "INFO" }) => ({
    id: `${id}-${state}`,
    event_type: "update_progress",
    message: `Update ${id.slice(0, 6)} is ${state}. ${state === "FAILED" ? life.message : ""}`.trim(),
    origin: { pipeline_id: pipelineId, update_id: id },
    timestamp: new Date(at).toISOString(),
    ...more,
  });
  const outcome = life.outcome();
  const state = outcome && updateStates[outcome.result];
  const error = { level: "ERROR" as const, error: { fatal: true, exceptions: [{ message: life.message }] } };
  const end = outcome && state ? [event(state, outcome.endedAt, state === "FAILED" ? error : undefined)] : [];
  return [...end, event("RUNNING", life.startedAt)];
}
