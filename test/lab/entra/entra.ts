import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerCertificate } from "../certificates.ts";
import { createFaults, type Fault, type Faults, type PlacedFault, sendFault } from "../faults.ts";
import { readBody, requestUrl, send, sendJson, startServer } from "../https-server.ts";
import { createSigningKey, type SigningKey } from "../signing-key.ts";
import { type AccessTokenVerification, signAccessToken, verifyAccessToken } from "./access-tokens.ts";
import { type AssertionKeys, assertionId } from "./assertion.ts";
import { type ApplicationDescription, createDirectory, type Directory, type FederatedCredential } from "./directory.ts";
import { EntraError, errorBody } from "./errors.ts";
import { entraHostNames, instanceDiscovery, openIdConfiguration, sharedTenants } from "./metadata.ts";
import { checkTokenRequest } from "./token-request.ts";

export type { AccessTokenVerification } from "./access-tokens.ts";
export type { AssertionKeys } from "./assertion.ts";
export type { ApplicationDescription, FederatedCredential } from "./directory.ts";
export { databricksResource } from "./directory.ts";
export { entraHostNames } from "./metadata.ts";

/** One request to Entra. */
export interface EntraRequest {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly clientId?: string;
  readonly scope?: string;
  readonly grant?: string;
  /** The identifier (`jti`, or `uti`) of the client assertion. */
  readonly assertionId?: string;
  /** `issued`, the code of the refusal (`AADSTS700213`), `fault`, `metadata` or `not found`. */
  outcome: string;
}

/** Entra's token endpoint, and what libraries read before they use it. */
export interface Entra {
  readonly port: number;
  readonly hostNames: readonly string[];
  readonly requests: EntraRequest[];
  /** Registers an application, and with it its tenant. */
  addApplication(application: ApplicationDescription): void;
  addFederatedCredential(clientId: string, credential: FederatedCredential): void;
  removeFederatedCredentials(clientId: string): void;
  /** From now on, a policy of the tenant refuses an application like this. */
  block(clientId: string, refusal: EntraError): void;
  /** Lifetime of the access tokens issued from now on. */
  accessTokenLifetimeSeconds: number;
  /** Another lifetime of the access tokens of one application. */
  limitTokens(clientId: string, seconds: number): void;
  /** Every access token issued. */
  readonly issued: string[];
  /** Issues a token without a request, as the machine of a managed identity gets it. */
  issueManagedIdentityToken(tenantId: string, clientId: string, resource: string): Promise<string>;
  /** Checks an access token as the resource (default: Azure Databricks) would. */
  verifyAccessToken(token: string, resource?: string): Promise<AccessTokenVerification>;
  /** Places a fault for the next token requests. */
  fault(fault: Fault, times?: number): PlacedFault;
  close(): Promise<void>;
}

interface State {
  readonly directory: Directory;
  readonly signingKey: SigningKey;
  readonly assertionKeys: AssertionKeys;
  readonly faults: Faults;
  readonly requests: EntraRequest[];
  readonly issued: string[];
  readonly lifetimeSeconds: (clientId: string) => number;
}

/** Starts Entra on a random port of 127.0.0.1; `assertionKeys` gives the keys of the issuers that applications trust. */
export async function startEntra(options: {
  certificate: ServerCertificate;
  assertionKeys: AssertionKeys;
}): Promise<Entra> {
  const lifetimes = new Map<string, number>();
  const state: State = {
    directory: createDirectory(),
    signingKey: await createSigningKey(),
    assertionKeys: options.assertionKeys,
    faults: createFaults(),
    requests: [],
    issued: [],
    lifetimeSeconds: (clientId) => lifetimes.get(clientId) ?? entra.accessTokenLifetimeSeconds,
  };
  const server = await startServer((request, response) => receive(request, response, state), options.certificate);
  const entra: Entra = {
    port: server.port,
    hostNames: entraHostNames,
    requests: state.requests,
    addApplication: state.directory.add,
    addFederatedCredential: state.directory.addFederatedCredential,
    removeFederatedCredentials: state.directory.removeFederatedCredentials,
    block: state.directory.block,
    accessTokenLifetimeSeconds: 3600,
    limitTokens: (clientId, seconds) => void lifetimes.set(clientId, seconds),
    issued: state.issued,
    async issueManagedIdentityToken(tenantId, clientId, resource) {
      const application = state.directory.requireApplication(tenantId, clientId);
      const token = await signAccessToken(state.signingKey, application, resource, "assertion", 86_400);
      state.issued.push(token);
      return token;
    },
    verifyAccessToken: (token, resource) => verifyAccessToken(state.signingKey, token, resource),
    fault: (fault, times) => state.faults.add({}, fault, times),
    async close() {
      state.faults.releaseAll();
      await server.close();
    },
  };
  return entra;
}

async function receive(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const url = requestUrl(request);
  const form = new URLSearchParams(await readBody(request));
  const entry = describeRequest(request, url, form);
  state.requests.push(entry);
  if (isTokenRequest(request, url)) {
    const outcome = await state.faults.meet({ method: "POST", url });
    if (outcome) entry.outcome = "fault";
    if (sendFault(outcome, request, response)) return;
  }
  const correlationId = url.searchParams.get("client-request-id") ?? form.get("client-request-id") ?? randomUUID();
  try {
    entry.outcome = await answer(request, response, url, form, state);
  } catch (error) {
    if (!(error instanceof EntraError)) throw error;
    entry.outcome = `AADSTS${error.code}`;
    sendJson(response, error.status, errorBody(error, url.host, correlationId), noStore);
  }
}

const noStore = { "Cache-Control": "no-store, no-cache", Pragma: "no-cache" };

function isTokenRequest(request: IncomingMessage, url: URL): boolean {
  return request.method === "POST" && /^\/[^/]+\/oauth2\/v2\.0\/token$/.test(url.pathname);
}

function describeRequest(request: IncomingMessage, url: URL, form: URLSearchParams): EntraRequest {
  const clientId = form.get("client_id");
  const scope = form.get("scope");
  const grant = form.get("grant_type");
  const id = assertionId(form.get("client_assertion") ?? "");
  return {
    at: Date.now(),
    host: url.hostname,
    method: request.method ?? "",
    path: `${url.pathname}${url.search}`,
    ...(clientId && { clientId }),
    ...(scope && { scope }),
    ...(grant && { grant }),
    ...(id && { assertionId: id }),
    outcome: "not found",
  };
}

/** Answers a request, and returns its outcome for the record. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  form: URLSearchParams,
  state: State,
): Promise<string> {
  const tenant = url.pathname.split("/")[1] ?? "";
  if (isTokenRequest(request, url)) {
    sendJson(response, 200, await issueToken(tenant, form, state), noStore);
    return "issued";
  }
  const document = request.method === "GET" ? metadata(url, tenant, state) : undefined;
  if (document) sendJson(response, 200, document);
  else send(response, 404, { "Content-Type": "text/html" });
  return document ? "metadata" : "not found";
}

async function issueToken(tenant: string, form: URLSearchParams, state: State) {
  const { application, resource, proof } = await checkTokenRequest(tenant, form, state.directory, state.assertionKeys);
  const lifetime = state.lifetimeSeconds(application.clientId);
  const token = await signAccessToken(state.signingKey, application, resource, proof, lifetime);
  state.issued.push(token);
  return { token_type: "Bearer", expires_in: lifetime, ext_expires_in: lifetime, access_token: token };
}

function metadata(url: URL, tenant: string, { directory, signingKey }: State): object | undefined {
  if (url.pathname === "/common/discovery/instance") {
    return instanceDiscovery(url.host, url.searchParams.get("authorization_endpoint") ?? "");
  }
  if (url.pathname === `/${tenant}/discovery/v2.0/keys`) return signingKey.jwks;
  if (url.pathname !== `/${tenant}/v2.0/.well-known/openid-configuration`) return undefined;
  if (!sharedTenants.includes(tenant)) directory.requireTenant(tenant);
  return openIdConfiguration(url.host, tenant);
}
