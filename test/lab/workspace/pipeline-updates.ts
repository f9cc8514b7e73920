import { fields, type GateRequest, isObject, jsonReply, type Reply } from "./exchange.ts";
import type { RunDirector, RunLife, RunResult } from "./run-life.ts";

/** The updates of pipelines, as the run director wants them. */
export interface PipelineUpdates {
  /** Rewrites a reply that tells of a pipeline or its updates. */
  rewrite(request: GateRequest, reply: Reply): Reply;
}

interface Update {
  id: string;
  life: RunLife;
}

const pipelinePath = /^\/api\/2\.0\/pipelines\/([^/]+)(?:\/(updates|events|stop)(?:\/([^/]+))?)?$/;
const updateStates: Record<RunResult, string> = {
  SUCCESS: "COMPLETED",
  SUCCESS_WITH_FAILURES: "COMPLETED",
  FAILED: "FAILED",
  TIMEDOUT: "FAILED",
  CANCELED: "CANCELED",
  INTERNAL_ERROR: "FAILED",
};

/** Follows the updates that are started from now on. */
export function createPipelineUpdates(director: RunDirector): PipelineUpdates {
  const updates = new Map<string, Update[]>();

  return {
    rewrite({ method, url }, reply) {
      const [, pipelineId = "", collection, updateId] = pipelinePath.exec(url.pathname) ?? [];
      const known = updates.get(pipelineId) ?? [];
      if (reply.status !== 200 || pipelineId === "") {
        return reply;
      }
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
          return jsonReply(200, { events: failures(pipelineId, asked(url, known).filter(hasFailed)) });
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

function hasFailed({ life }: Update): boolean {
  const outcome = life.outcome();
  return outcome !== undefined && updateStates[outcome.result] === "FAILED";
}

/** The updates that the request's filter is about. */
function asked(url: URL, known: Update[]): Update[] {
  const [, updateId] = /update_id\s*=\s*'([^']*)'/.exec(url.searchParams.get("filter") ?? "") ?? [];
  return known.filter(({ id }) => updateId === undefined || id === updateId);
}

function failures(pipelineId: string, failed: Update[]) {
  return failed.map(({ id, life }) => ({
    id: `${id}-failure`,
    level: "ERROR",
    event_type: "update_progress",
    message: `Update ${id.slice(0, 6)} is FAILED. ${life.message}`.trim(),
    error: { fatal: true, exceptions: [{ message: life.message }] },
    origin: { pipeline_id: pipelineId, update_id: id },
    timestamp: new Date(life.outcome()?.endedAt ?? life.startedAt).toISOString(),
  }));
}
