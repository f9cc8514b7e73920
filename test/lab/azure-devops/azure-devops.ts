import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { JSONWebKeySet } from "jose";
import type { ServerCertificate } from "../certificates.ts";
import { createFaults, type Fault, type FaultMatch, type Faults, type PlacedFault, sendFault } from "../faults.ts";
import { readBody, requestUrl, send, sendJson, startServer } from "../https-server.ts";
import { createSigningKey } from "../signing-key.ts";
import { type Attachment, type Attachments, createAttachments } from "./attachments.ts";
import { type Build, type Builds, createBuilds } from "./builds.ts";
import { signInPage, unauthorizedError } from "./errors.ts";
import { answerIdTokenRequest } from "./id-token-request.ts";
import { openIdConfiguration } from "./openid-configuration.ts";
import { createPullRequests, type PullRequest, type PullRequests } from "./pull-requests.ts";
import {
  azureDevOpsIssuer,
  type FederatedIdentity,
  federatedIdentity,
  type Organization,
  type RegisteredConnection,
} from "./service-connections.ts";
import { createJobTokens, type IssuerKeys, type JobTokens, signIdToken } from "./tokens.ts";

/** The names that Azure DevOps answers to. */
export const azureDevOpsHostNames = ["dev.azure.com", "vsrm.dev.azure.com", "vstoken.dev.azure.com"] as const;

/** A fault of Azure DevOps; `nullToken` answers 200 with no token in it. */
export interface AzureDevOpsFault extends Fault {
  readonly nullToken?: boolean;
}

/** One request to Azure DevOps. */
export interface AzureDevOpsRequest {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** Whether it carried a job access token that is still valid. */
  readonly authorized: boolean;
  readonly serviceConnectionId?: string;
}

/** Azure DevOps, as far as a pipeline job requests ID tokens from it, asks for runs of its project, attaches files to its run, and writes on pull requests. */
export interface AzureDevOps {
  readonly port: number;
  readonly hostName: string;
  readonly hostNames: readonly string[];
  /** `https://dev.azure.com/<organization>/` */
  readonly collectionUrl: string;
  readonly organizationId: string;
  readonly project: { id: string; name: string };
  readonly requests: AzureDevOpsRequest[];
  /** A job access token (System.AccessToken), valid for an hour by default. */
  issueJobToken(options?: { expiresInSeconds?: number }): string;
  /** Registers a service connection; gives what a federated credential must hold to trust it. */
  addServiceConnection(connection: RegisteredConnection): FederatedIdentity;
  /** Lets all pipelines of the project use a service connection. */
  authorize(connectionId: string): void;
  /** Lifetime of the ID tokens issued from now on. */
  idTokenLifetimeSeconds: number;
  /** Every ID token issued. */
  readonly issued: string[];
  readonly issuedJobTokens: string[];
  /** Starts a pipeline run. */
  startBuild(): Build;
  /** Opens a pull request of the project's repository. */
  openPullRequest(): PullRequest;
  readonly pullRequests: Pick<PullRequests, "mayContribute">;
  /** What steps have attached to their runs by a request of their own. */
  readonly attachments: readonly Attachment[];
  /** Places a fault for the next requests; all by default. */
  fault(fault: AzureDevOpsFault, times?: number, match?: FaultMatch): PlacedFault;
  /** The keys that verify the tokens of an issuer; none for an unknown issuer. */
  jwks(issuer: string): JSONWebKeySet;
  close(): Promise<void>;
}

interface State {
  readonly organization: Organization;
  readonly keys: IssuerKeys;
  readonly connections: Map<string, RegisteredConnection>;
  readonly jobTokens: JobTokens;
  readonly faults: Faults;
  readonly builds: Builds;
  readonly pullRequests: PullRequests;
  readonly attachments: Attachments;
  readonly requests: AzureDevOpsRequest[];
  readonly issued: string[];
  readonly lifetimeSeconds: () => number;
}

/** Starts Azure DevOps on a random port of 127.0.0.1, with one organization (contoso) and one project. */
export async function startAzureDevOps(options: { certificate: ServerCertificate }): Promise<AzureDevOps> {
  const organization = { id: randomUUID(), name: "contoso", project: { id: randomUUID(), name: "Analytics" } };
  const state: State = {
    organization,
    keys: { "azure-devops": await createSigningKey(), entra: await createSigningKey() },
    connections: new Map(),
    jobTokens: createJobTokens(),
    faults: createFaults(),
    builds: createBuilds(organization),
    pullRequests: createPullRequests(organization),
    attachments: createAttachments(organization),
    requests: [],
    issued: [],
    lifetimeSeconds: () => azureDevOps.idTokenLifetimeSeconds,
  };
  const { connections } = state;
  const issuedJobTokens: string[] = [];
  const server = await startServer((request, response) => receive(request, response, state), options.certificate);
  const azureDevOps: AzureDevOps = {
    port: server.port,
    hostName: azureDevOpsHostNames[0],
    hostNames: azureDevOpsHostNames,
    collectionUrl: `https://${azureDevOpsHostNames[0]}/${organization.name}/`,
    organizationId: organization.id,
    project: organization.project,
    requests: state.requests,
    issueJobToken({ expiresInSeconds = 3600 } = {}) {
      const token = state.jobTokens.issue(expiresInSeconds);
      issuedJobTokens.push(token);
      return token;
    },
    addServiceConnection(connection) {
      connections.set(connection.id.toLowerCase(), connection);
      return federatedIdentity(organization, connection);
    },
    authorize(connectionId) {
      const connection = connections.get(connectionId.toLowerCase());
      if (connection === undefined) throw new Error(`There is no service connection ${connectionId}.`);
      connections.set(connectionId.toLowerCase(), { ...connection, authorized: true });
    },
    idTokenLifetimeSeconds: 600,
    issued: state.issued,
    issuedJobTokens,
    startBuild: state.builds.start,
    openPullRequest: state.pullRequests.open,
    pullRequests: state.pullRequests,
    attachments: state.attachments.all,
    fault: ({ nullToken, ...fault }, times, match = {}) =>
      state.faults.add(match, nullToken ? { ...fault, body: { oidcToken: null } } : fault, times),
    jwks: (issuer) => issuerJwks(issuer, state),
    async close() {
      state.faults.releaseAll();
      await server.close();
    },
  };
  return azureDevOps;
}

async function receive(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const { organization, connections, keys } = state;
  const url = requestUrl(request);
  const authorized = state.jobTokens.accepts(bearerToken(request));
  state.requests.push(describeRequest(request, url, authorized));
  response.setHeader("x-vss-e2eid", randomUUID());
  const discovery = openIdConfiguration(url, organization, keys["azure-devops"].jwks);
  if (discovery) return sendJson(response, 200, discovery);
  const body = await readBody(request);
  const outcome = await state.faults.meet({ method: request.method ?? "", url });
  if (sendFault(outcome, request, response)) return;
  if (!authorized) return refuseUnauthorized(request, response, url);
  const sign = async (connection: RegisteredConnection | undefined) => {
    const token = await signIdToken(keys, organization, connection, state.lifetimeSeconds());
    state.issued.push(token);
    return token;
  };
  const answer =
    state.builds.answer(request, url) ??
    state.pullRequests.answer(request, url, body) ??
    state.attachments.answer(request, url, body) ??
    (await answerIdTokenRequest(request, url, body, { organization, connections, sign }));
  if (answer.body === undefined) send(response, answer.status, {}, "");
  else sendJson(response, answer.status, answer.body);
}

function issuerJwks(issuer: string, { organization, connections, keys }: State): JSONWebKeySet {
  if (issuer === azureDevOpsIssuer(organization)) return keys["azure-devops"].jwks;
  const known = [...connections.values()].some((c) => federatedIdentity(organization, c).issuer === issuer);
  return known ? keys.entra.jwks : { keys: [] };
}

function bearerToken(request: IncomingMessage): string {
  return /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
}

function describeRequest(request: IncomingMessage, url: URL, authorized: boolean): AzureDevOpsRequest {
  const serviceConnectionId = url.searchParams.get("serviceConnectionId");
  return {
    at: Date.now(),
    method: request.method ?? "",
    path: `${url.pathname}${url.search}`,
    authorized,
    ...(serviceConnectionId && { serviceConnectionId }),
  };
}

/** Azure DevOps sends a client to the sign-in page, unless the client declares that it cannot use one. */
function refuseUnauthorized(request: IncomingMessage, response: ServerResponse, url: URL): void {
  if (request.headers["x-tfs-fedauthredirect"]?.toString().toLowerCase() === "suppress") {
    const challenges = ["Bearer", 'Basic realm="https://dev.azure.com/"', "TFS-Federated"];
    sendJson(response, 401, unauthorizedError, { "WWW-Authenticate": challenges });
    return;
  }
  const query = new URLSearchParams({ realm: "dev.azure.com", reply_to: url.href });
  const location = `https://spsprodcus3.vssps.visualstudio.com/_signin?${query}`;
  send(response, 302, { Location: location, "Content-Type": "text/html; charset=utf-8" }, signInPage(location));
}
