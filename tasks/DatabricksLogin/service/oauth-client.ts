import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { AccessTokenSource } from "../../common/identity/access-token.ts";
import type { Answer, Route } from "../../common/identity/loopback-server.ts";
import { tokenInTime } from "../../common/identity/metadata-service.ts";

/** An OAuth client that exists only for this job, and only at this service. */
export interface OAuthClient {
  readonly id: string;
  readonly secret: string;
}

/**
 * A new client with random values. Its secret begins as all secrets of Databricks' OAuth clients do: dbt takes any other one
 * for a secret of Entra, and sends it there (dbt-databricks 1.12.7, credentials.py).
 */
export function newOAuthClient(): OAuthClient {
  return { id: randomBytes(16).toString("hex"), secret: `dose${randomBytes(32).toString("base64url")}` };
}

export interface OAuthSettings {
  /** The path of the discovery document. The token endpoint is below it. */
  readonly path: string;
  readonly client: OAuthClient;
  readonly token: AccessTokenSource;
  readonly issuers: string;
  /** Wraps the route of the token endpoint. */
  readonly counted: (route: Route) => Route;
}

/**
 * The routes of an OAuth server with client credentials, for clients that do not support the metadata service: a discovery
 * document (RFC 8414), and a token endpoint (RFC 6749, section 4.4) that takes the client in Basic or in the form.
 */
export function oauthRoutes({ path, client, token, issuers, counted }: OAuthSettings): Record<string, Route> {
  const tokenPath = `${path}/token`;

  async function discovery({ method, headers }: IncomingMessage): Promise<Answer> {
    if (method !== "GET") return refused(405, "invalid_request", "Only GET is supported.");
    const origin = `http://${headers.host}`;
    return {
      status: 200,
      body: {
        issuer: `${origin}${path}`,
        token_endpoint: `${origin}${tokenPath}`,
        // Not served: the SDKs need the member, but use it only to sign in people.
        authorization_endpoint: `${origin}${path}/authorize`,
        grant_types_supported: ["client_credentials"],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      },
    };
  }

  async function tokens(request: IncomingMessage): Promise<Answer> {
    if (request.method !== "POST") return refused(405, "invalid_request", "Only POST is supported.");
    const form = await formOf(request);
    if (form === undefined) return refused(413, "invalid_request", "The request is too large.");
    if (!isClient(client, basicCredentials(request.headers.authorization) ?? formCredentials(form))) {
      return refused(401, "invalid_client", "The client ID or the client secret is not the one of this job.");
    }
    if (form.get("grant_type") !== "client_credentials") {
      return refused(400, "unsupported_grant_type", "Only the grant type client_credentials is supported.");
    }
    try {
      const { value, expiresAt } = await tokenInTime(token, issuers);
      const seconds = Math.max(1, Math.floor((expiresAt - Date.now()) / 1000));
      return {
        status: 200,
        body: { access_token: value, token_type: "Bearer", expires_in: seconds, scope: "all-apis" },
      };
    } catch (error) {
      return refused(500, "server_error", error instanceof Error ? error.message : String(error));
    }
  }

  return { [path]: discovery, [tokenPath]: counted(tokens) };
}

function refused(status: number, error: string, description: string): Answer {
  return { status, body: { error, error_description: description } };
}

const largestForm = 16 * 1024;

async function formOf(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  let text = "";
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString("latin1");
    if (text.length > largestForm) return undefined;
  }
  return new URLSearchParams(text);
}

/** The client in an Authorization header; undefined if there is none. Both parts are form-encoded (RFC 6749, section 2.3.1). */
function basicCredentials(header: string | undefined): OAuthClient | undefined {
  const [, encoded] = /^Basic ([\w+/=-]+)$/i.exec(header ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const [id = "", ...secret] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return { id, secret: secret.join(":") };
}

function formCredentials(form: URLSearchParams): OAuthClient {
  return { id: form.get("client_id") ?? "", secret: form.get("client_secret") ?? "" };
}

/** Both parts consist of characters that every encoding leaves as they are. */
function isClient(client: OAuthClient, given: OAuthClient): boolean {
  const hash = ({ id, secret }: OAuthClient) => createHash("sha256").update(`${id}:${secret}`).digest();
  return timingSafeEqual(hash(client), hash(given));
}
