import { knownError } from "../failures/failure.ts";
import { workspaceFailures } from "../failures/workspace.ts";
import { debug, registerSecret } from "../pipeline/commands.ts";
import { UserError } from "../pipeline/errors.ts";
import type { Http, HttpResponse } from "../pipeline/http.ts";
import { parsedMembers, parsedObject } from "../pipeline/json.ts";
import {
  answerText,
  formProblem,
  isTemporary,
  isWebPage,
  serverMessage,
  unreachable,
} from "../pipeline/service-errors.ts";
import { type AccessToken, issuedToken } from "./access-token.ts";
import type { IdTokenSource } from "./id-token.ts";
import { tokenClaims } from "./jwt.ts";

/** Where an ID token is exchanged, and for which service principal. */
export interface DatabricksFederation {
  /** e.g. https://dbc-a1b2c3d4-e5f6.cloud.databricks.com */
  readonly host: string;
  /** Whether the host is that of an account, a custom URL, and not that of one workspace. */
  readonly isAccount: boolean;
  /** Application ID, for a federation policy of one service principal; without it the account's policy decides. */
  readonly clientId: string | undefined;
}

/**
 * Returns a function that gets a new access token from the workspace itself, in exchange for a new ID token (RFC 8693;
 * Databricks: OAuth token federation), and registers it as a secret.
 */
export function databricksTokens(
  http: Http,
  federation: DatabricksFederation,
  nextIdToken: IdTokenSource,
): () => Promise<AccessToken> {
  return async () => {
    const idToken = await nextIdToken();
    const asked = Date.now();
    const response = await exchange(http, federation, idToken);
    const token = response.status === 200 ? issuedToken(response.text, asked) : undefined;
    if (!token) throw refusal(response, federation, idToken);
    registerSecret(token.value);
    debug(`${federation.host} issued an access token that is valid until ${new Date(token.expiresAt).toISOString()}.`);
    return token;
  };
}

async function exchange(http: Http, federation: DatabricksFederation, idToken: string): Promise<HttpResponse> {
  const { host, isAccount, clientId } = federation;
  const form = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: idToken,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    scope: "all-apis",
    ...(clientId ? { client_id: clientId } : {}),
  });
  try {
    return await http.send({
      method: "POST",
      url: isAccount ? await accountTokenUrl(http, host) : `${host}/oidc/v1/token`,
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      body: form.toString(),
      idleTimeoutMs: 10_000,
    });
  } catch (error) {
    throw unreachable(error, `The workspace ${host} cannot be reached`, "workspace-not-reachable");
  }
}

/**
 * Where an account exchanges tokens for all its workspaces (databricks-sdk-go, GetAccountOAuthEndpoints). Only the account's ID
 * comes from the host's own description, so that the ID token is sent nowhere else.
 */
async function accountTokenUrl(http: Http, host: string): Promise<string> {
  const response = await http.send({
    method: "GET",
    url: `${host}/.well-known/databricks-config`,
    headers: { Accept: "application/json" },
    redirects: "manual",
    idleTimeoutMs: 10_000,
    attempts: 3,
  });
  const { account_id: id } = parsedMembers(response.text);
  if (typeof id === "string" && /^[\w-]+$/.test(id)) return `${host}/oidc/accounts/${id}/v1/token`;
  if (isTemporary(response.status)) {
    const words = String(response.status);
    throw knownError(workspaceFailures, "exchange-unavailable", { host, words }, { answer: answerText(response, "") });
  }
  throw new UserError(`${host} did not return the ID of its account, which is needed to exchange an ID token.`, {
    hint: "Set workspaceUrl to the workspace's own address, such as https://dbc-a1b2c3d4-e5f6.cloud.databricks.com.",
    section: "wrong-host",
  });
}

function refusal(response: HttpResponse, { host, clientId }: DatabricksFederation, idToken: string): UserError {
  const { status, text } = response;
  const detail = serverMessage(text, ["error_description", "message", "error"]) || formProblem(response);
  const facts = {
    host,
    status: String(status),
    words: detail === "" ? String(status) : `${status}: ${detail}`,
    owner: clientId ? `the service principal ${clientId}` : "the Databricks account",
    audience: tokenClaims(idToken).audience ?? "of the ID token",
  };
  return knownError(workspaceFailures, refusalId(response), facts, { answer: answerText(response, detail) });
}

/** Only a refusal of the workspace itself is about a policy: a gateway and a proxy also answer, with a page or another status. */
function refusalId(response: HttpResponse): keyof typeof workspaceFailures {
  const { status, headers, text } = response;
  const answer = `${headers.location ?? ""}\n${text}`;
  const network = (["private-link", "ip-access-list"] as const).find((id) =>
    workspaceFailures[id].pattern.test(answer),
  );
  if (network !== undefined) return network;
  if (isTemporary(status)) return "exchange-unavailable";
  if (parsedObject(text) && (status === 400 || status === 401 || status === 403)) return "no-federation-policy";
  return (status >= 300 && status < 400) || isWebPage(response) ? "exchange-page" : "exchange-status";
}
