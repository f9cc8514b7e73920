import { type Caller, fields, type GateRequest, jsonReply, objects, type Reply } from "./exchange.ts";
import { createIdentities } from "./identity.ts";
import { createJobRuns } from "./job-runs.ts";
import { createWorkspaceObjects } from "./objects.ts";
import { createPipelineUpdates } from "./pipeline-updates.ts";
import type { RunDirector } from "./run-life.ts";
import { refuseExistingSchema } from "./schemas.ts";
import { answerSpark } from "./spark.ts";
import { createSqlWarehouse } from "./sql-warehouse.ts";
import { createTranslation, fileContent } from "./translation.ts";
import type { Upstream } from "./upstream.ts";

/** Makes Databricks' test server answer as one named workspace with several service principals. */
export interface Gate {
  /** Answers a member's request. */
  answer(request: GateRequest, caller: Caller): Promise<Reply>;
  /** Answers as the workspace's admin sees things. Throws when the status is neither 200 nor the one allowed. */
  read(path: string, allowed?: number): Promise<Reply>;
  /** Every pipeline there is, as `GET /api/2.0/pipelines/{id}` gives it. */
  pipelines(): Promise<Record<string, unknown>[]>;
  /** Statements that its SQL warehouses executed. */
  readonly statements: string[];
}

/** What the workspace is called, and where its server is. */
export interface GateNames {
  readonly serverUrl: string;
  readonly url: string;
  readonly workspaceId: string;
}

const homes = "/Workspace/Users";
const creationPath = /^\/api\/2\.\d\/(jobs\/create|pipelines)$/;
const pipelinesPath = "/api/2.0/pipelines";

/** Puts the gate in front of a server that has not been used yet. */
export function createGate(upstream: Upstream, director: RunDirector, names: GateNames): Gate {
  const translation = createTranslation(names);
  const identities = createIdentities();
  const jobRuns = createJobRuns(director);
  const updates = createPipelineUpdates(director);
  const workspaceObjects = createWorkspaceObjects();
  const warehouse = createSqlWarehouse();
  const pipelineIds = new Set<string>();
  const prepareHome = createHomes(upstream);

  async function serve(request: GateRequest, caller?: Caller): Promise<Reply> {
    const serverReply = (changed: GateRequest) => forward(changed, caller);
    const answer =
      jobRuns.intercept(request) ??
      warehouse.answer(request) ??
      answerSpark(request) ??
      workspaceObjects.answer(request, serverReply);
    return answer ?? (await refuseExistingSchema(request, serverReply)) ?? serverReply(request);
  }

  async function forward(request: GateRequest, caller?: Caller): Promise<Reply> {
    const served = await upstream.send(translation.toServer(request));
    const translated = translation.toClient(request.path, served);
    const rewritten = updates.rewrite(request, jobRuns.rewrite(request, translated));
    if (caller && request.method === "POST" && creationPath.test(request.url.pathname)) {
      identities.noteCreation(rewritten, caller);
      notePipeline(rewritten);
    }
    return fileContent.test(request.path) ? rewritten : identities.apply(request.path, rewritten, caller);
  }

  function notePipeline(reply: Reply): void {
    const { pipeline_id: id } = fields(reply.body);
    if (typeof id === "string") {
      pipelineIds.add(id);
    }
  }

  async function pipelines(): Promise<Record<string, unknown>[]> {
    const replies = await Promise.all([...pipelineIds].map((id) => forward(get(`${pipelinesPath}/${id}`))));
    return replies.filter(({ status }) => status === 200).map(({ body }) => fields(body));
  }

  return {
    pipelines,
    statements: warehouse.statements,
    async answer(request, caller) {
      await prepareHome(caller.applicationId);
      if (request.method === "GET" && request.url.pathname === pipelinesPath) {
        return jsonReply(200, { statuses: await pipelines() });
      }
      return serve(request, caller);
    },
    async read(path, allowed = 200) {
      const reply = await serve(get(path));
      if (reply.status !== 200 && reply.status !== allowed)
        throw new Error(`GET ${path} gave ${reply.status}: ${reply.body}`);
      return reply;
    },
  };
}

function get(path: string): GateRequest {
  return { method: "GET", path, url: new URL(path, "https://workspace"), headers: {}, body: Buffer.alloc(0) };
}

/** Gives each service principal its home folder at its first request, in place of those of the server's own users. */
function createHomes(upstream: Upstream): (applicationId: string) => Promise<void> {
  const prepared = new Map<string, Promise<void>>();
  let emptied: Promise<void> | undefined;

  async function post(endpoint: string, body: object): Promise<void> {
    await upstream.send({ method: "POST", path: `/api/2.0/workspace/${endpoint}`, body: JSON.stringify(body) });
  }

  async function empty(): Promise<void> {
    const { body } = await upstream.send({ method: "GET", path: `/api/2.0/workspace/list?path=${homes}` });
    for (const { path } of objects(fields(body)["objects"])) {
      await post("delete", { path, recursive: true });
    }
  }

  async function prepare(applicationId: string): Promise<void> {
    emptied ??= empty();
    await emptied;
    await post("mkdirs", { path: `${homes}/${applicationId}` });
  }

  return (applicationId) => {
    const preparing = prepared.get(applicationId) ?? prepare(applicationId);
    prepared.set(applicationId, preparing);
    return preparing;
  };
}
