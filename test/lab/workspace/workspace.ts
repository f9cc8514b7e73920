import { randomBytes } from "node:crypto";
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { createFaults, type Fault, type FaultMatch, type PlacedFault } from "../faults.ts";
import { startServer } from "../https-server.ts";
import type { Member, TokenVerdict } from "./authentication.ts";
import { type Checkpoint, type CheckpointSettings, createCheckpoints } from "./checkpoints.ts";
import {
  hasSchema,
  type JobContent,
  type PipelineContent,
  readContent,
  readFiles,
  readJobs,
  readPipelines,
} from "./contents.ts";
import type { CustomUrl } from "./custom-url.ts";
import { createFolderRights } from "./folder-rights.ts";
import { createGate } from "./gate.ts";
import { startProgram } from "./program.ts";
import { type Reception, receive, type TokenExchange } from "./reception.ts";
import type { RecordedRequest } from "./recording.ts";
import { createRunDirector, type RunBehavior } from "./run-life.ts";
import { connectUpstream } from "./upstream.ts";

export type { TokenVerdict } from "./authentication.ts";
export type { Checkpoint } from "./checkpoints.ts";
export type { JobContent, PipelineContent } from "./contents.ts";
export type { RecordedRequest } from "./recording.ts";
export type { RunBehavior, RunResult } from "./run-life.ts";

/** What a lab workspace needs. */
export interface WorkspaceSettings {
  /** Path of the executable that serves a workspace. */
  readonly program: string;
  /** The workspace's name, as in adb-1234567890123456.7.azuredatabricks.net; with `localhost` its URL has the port. */
  readonly host: string;
  readonly workspaceId: string;
  /** The Entra tenant of the workspace. */
  readonly tenantId: string;
  /** For TLS: PEM. */
  readonly certificate: { key: string; cert: string };
  /** Application ids of the service principals in the workspace. */
  readonly members: string[];
  readonly verifyToken: (token: string) => Promise<TokenVerdict>;
  /** Answers `POST /oidc/v1/token`, Databricks' own token exchange. Without it, the workspace has no federation policy. */
  readonly exchangeToken?: TokenExchange;
  /** At which it also is, for requests that name it. */
  readonly customUrls?: readonly CustomUrl[];
}

/** A running workspace. */
export interface Workspace {
  readonly port: number;
  readonly pid: number;
  /** https://<host> */
  readonly url: string;
  readonly requests: RecordedRequest[];
  /** Places a fault for `times` matching requests, default 1. */
  fault(match: FaultMatch, fault: Fault, times?: number): PlacedFault;
  /** Waits for the moment before or after one of a service principal's next requests. */
  checkpoint(settings: CheckpointSettings): Checkpoint;
  /** What becomes of the runs of jobs and updates of pipelines that are started from now on. */
  runs(behavior: RunBehavior): { release(): void };
  addMember(applicationId: string, displayName?: string): void;
  /** Gives a member the entitlement workspace-access, which members usually have, or takes it away. */
  entitle(applicationId: string, isEntitled: boolean): void;
  /** From now on, only these service principals may use a folder and what is below it. Without them, all may again. */
  restrictFolder(folder: string, applicationIds?: readonly string[]): void;
  removeMember(applicationId: string): void;
  jobs(): Promise<JobContent[]>;
  pipelines(): Promise<PipelineContent[]>;
  /** Whether a schema exists, given as `catalog.schema`. */
  schemaExists(fullName: string): Promise<boolean>;
  /** Files and notebooks under a folder (default /Workspace), each as `FILE /Workspace/…` or `NOTEBOOK /Workspace/…`, sorted. */
  files(folder?: string): Promise<string[]>;
  readFile(path: string): Promise<string>;
  /** Statements that its SQL warehouses executed. */
  readonly statements: readonly string[];
  close(): Promise<void>;
}

/** Starts a workspace on a random loopback port, with its server process. */
export async function startWorkspace(settings: WorkspaceSettings): Promise<Workspace> {
  const program = await startProgram(settings.program);
  const faults = createFaults(errorBody);
  const checkpoints = createCheckpoints();
  const members = new Map<string, Member>();
  const folders = createFolderRights();
  const addMember: Workspace["addMember"] = (id, displayName = `Service principal ${id.slice(0, 8)}`) =>
    void members.set(id.toLowerCase(), { displayName, isEntitled: true });
  for (const member of settings.members) addMember(member);
  const requests: RecordedRequest[] = [];
  const director = createRunDirector();
  // This prefix makes the bearer a service principal.
  const upstream = connectUpstream(program.url, `dbapi1${randomBytes(16).toString("hex")}`);
  const answer = (request: IncomingMessage, response: ServerResponse) => receive(reception, request, response);
  const server = await startServer(answer, settings.certificate, { http2: true });
  const url = urlOf(settings.host, server.port);
  const gate = createGate(upstream, director, { serverUrl: program.url, url, workspaceId: settings.workspaceId });
  const { workspaceId: id, verifyToken, exchangeToken, customUrls = [] } = settings;
  const doorkeeper = { id, members, verifyToken };
  const reception: Reception = {
    url,
    doorkeeper,
    requests,
    faults,
    checkpoints,
    gate,
    exchangeToken,
    tenantId: settings.tenantId,
    customUrls,
    folders,
  };

  return {
    port: server.port,
    pid: program.pid,
    url,
    requests,
    fault: faults.add,
    checkpoint: checkpoints.set,
    runs: director.behave,
    addMember,
    entitle(id, isEntitled) {
      const member = members.get(id.toLowerCase());
      if (member === undefined) throw new Error(`${id} is not a member of the workspace.`);
      members.set(id.toLowerCase(), { ...member, isEntitled });
    },
    restrictFolder: folders.restrict,
    removeMember: (applicationId) => void members.delete(applicationId.toLowerCase()),
    jobs: () => readJobs(gate),
    pipelines: () => readPipelines(gate),
    statements: gate.statements,
    schemaExists: (fullName) => hasSchema(gate, fullName),
    files: (folder) => readFiles(gate, folder),
    readFile: (path) => readContent(gate, path),
    async close() {
      faults.releaseAll();
      checkpoints.endAll();
      await server.close();
      upstream.close();
      await program.stop();
    },
  };
}

const errorCodes: Record<number, string> = {
  404: "RESOURCE_DOES_NOT_EXIST",
  429: "REQUEST_LIMIT_EXCEEDED",
  503: "TEMPORARILY_UNAVAILABLE",
};

/** The error that the workspace's API gives with a status. */
function errorBody(status: number): object {
  return { error_code: errorCodes[status] ?? String(status), message: STATUS_CODES[status] };
}

function urlOf(host: string, port: number): string {
  return host === "localhost" || host === "127.0.0.1" ? `https://${host}:${port}` : `https://${host}`;
}
