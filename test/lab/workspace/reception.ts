import type { IncomingMessage, ServerResponse } from "node:http";
import type { Faults } from "../faults.ts";
import { readWhole, send } from "../https-server.ts";
import { authenticate, type Doorkeeper } from "./authentication.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { answerAtCustomUrl, type CustomUrl } from "./custom-url.ts";
import { discover } from "./discovery.ts";
import { type GateRequest, jsonReply, type Reply } from "./exchange.ts";
import type { FolderRights } from "./folder-rights.ts";
import type { Gate } from "./gate.ts";
import { type RecordedRequest, recordOf } from "./recording.ts";

/** Answers a token exchange: the status and the JSON body. */
export type TokenExchange = (form: URLSearchParams) => Promise<{ status: number; body: unknown }>;

/** Everything that is needed to answer a request. */
export interface Reception {
  readonly url: string;
  readonly doorkeeper: Doorkeeper;
  readonly requests: RecordedRequest[];
  readonly faults: Faults;
  readonly checkpoints: Checkpoints;
  readonly gate: Gate;
  readonly exchangeToken: TokenExchange | undefined;
  readonly tenantId: string;
  readonly customUrls: readonly CustomUrl[];
  readonly folders: FolderRights;
}

/** Records one request and answers it: with a fault, with public information, or as a member's request. */
export async function receive(
  reception: Reception,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await readRequest(incoming, reception.url);
  const record = recordOf(request);
  reception.requests.push(record);
  const reply = await replyTo(reception, request, record);
  if (reply === "reset") {
    incoming.socket.destroy();
    return;
  }
  record.status = reply.status;
  record.answeredAt = Date.now();
  reception.checkpoints.noteAnswer(record, response);
  if (reply.trailers) response.addTrailers(reply.trailers);
  send(response, reply.status, reply.headers, reply.body);
}

async function replyTo(reception: Reception, request: GateRequest, record: RecordedRequest): Promise<Reply | "reset"> {
  const { url, doorkeeper, faults, checkpoints, gate, customUrls, folders } = reception;
  const customUrl = customUrls.find(({ host }) => host === request.headers.host);
  const { caller, tokenId, refusal } = await authenticate(request.headers.authorization, doorkeeper);
  Object.assign(record, { ...(caller && { subject: caller.applicationId }), ...(tokenId && { tokenId }) });
  if ((await checkpoints.meet(record)) === "drop") return "reset";
  const fault = await faults.meet(request);
  if (fault) return fault;
  const tokenPath = customUrl ? `/oidc/accounts/${customUrl.accountId}/v1/token` : "/oidc/v1/token";
  if (request.method === "POST" && request.url.pathname === tokenPath) return exchangeToken(reception, request);
  const unauthenticated =
    (customUrl && answerAtCustomUrl(request, customUrl, doorkeeper.id)) ??
    discover(request, { url, id: doorkeeper.id, tenantId: reception.tenantId });
  return unauthenticated ?? refusal ?? folders.refuse(request, caller) ?? gate.answer(request, caller);
}

async function exchangeToken(reception: Reception, { body }: GateRequest): Promise<Reply> {
  const noPolicy = { error: "invalid_request", error_description: "No federation policy matches the token." };
  const answer = await reception.exchangeToken?.(new URLSearchParams(body.toString()));
  return jsonReply(answer?.status ?? 400, answer?.body ?? noPolicy);
}

async function readRequest(incoming: IncomingMessage, url: string): Promise<GateRequest> {
  const { method = "GET", url: path = "/", headers } = incoming;
  return { method, path, url: new URL(url + path), headers, body: await readWhole(incoming) };
}
