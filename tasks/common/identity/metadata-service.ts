import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../pipeline/errors.ts";
import type { AccessTokenSource } from "./access-token.ts";

/**
 * Databricks' metadata service: gives the current access token to the CLI and its child processes, for as long as they run.
 * Protocol: databricks-sdk-go, config/auth_metadata_service.go.
 */
export interface MetadataService {
  /** Contains a 256-bit random path. With it, a program can request tokens, so it is a secret. */
  readonly url: string;
  /** Hosts for which a Databricks CLI got tokens, e.g. https://adb-1.2.azuredatabricks.net. Other programs do not count. */
  readonly servedHosts: ReadonlySet<string>;
  /** Hosts for which one was refused to a Databricks CLI. */
  readonly refusedHosts: ReadonlySet<string>;
  /** Why the last renewal failed, if the last one did. */
  readonly lastFailure: () => unknown;
  close(): Promise<void>;
}

export interface MetadataServiceSettings {
  readonly token: AccessTokenSource;
  /** The services that issue a new token, for messages. */
  readonly issuers: string;
  /** Whether a token may be given out for this host (scheme and host name). */
  readonly allowsHost: (host: string) => boolean;
  /** Why a client with this User-Agent does not get a token; undefined if it may have one. */
  readonly refuseClient?: (userAgent: string) => string | undefined;
  /** The message for a refused host. The CLI prints it. */
  readonly refusal: (host: string) => string;
}

/** Starts the service on 127.0.0.1 at a free port. It answers only requests for its secret path. */
export async function startMetadataService(
  settings: MetadataServiceSettings,
  withinMs = answerWithinMs,
): Promise<MetadataService> {
  const path = `/${randomBytes(32).toString("base64url")}`;
  const servedHosts = new Set<string>();
  const refusedHosts = new Set<string>();
  let failure: unknown;

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { port } = server.address() as AddressInfo;
    if (request.url !== path) return refuse(404, "NOT_FOUND", "Not found.");
    if (!isOwnHost(request.headers.host, port)) {
      return refuse(403, "PERMISSION_DENIED", "The Host header is not valid.");
    }
    if (request.method !== "GET") return refuse(405, "BAD_REQUEST", "Only GET is supported.");
    if (request.headers["x-databricks-metadata-version"] !== "1") {
      return refuse(400, "BAD_REQUEST", "The header X-Databricks-Metadata-Version must be 1.");
    }
    const userAgent = request.headers["user-agent"] ?? "";
    const unwanted = settings.refuseClient?.(userAgent);
    if (unwanted !== undefined) return refuse(403, "PERMISSION_DENIED", unwanted);
    const host = String(request.headers["x-databricks-host"] ?? "")
      .replace(/\/+$/, "")
      .toLowerCase();
    // Python and build scripts of the bundle ask too; their requests do not count as the CLI's.
    const isCli = userAgent.startsWith("cli/");
    if (!settings.allowsHost(host)) {
      if (isCli) refusedHosts.add(host);
      return refuse(403, "PERMISSION_DENIED", settings.refusal(host));
    }
    try {
      const { value, expiresAt } = await withinTime(settings.token(), settings.issuers, withinMs);
      failure = undefined;
      if (isCli) servedHosts.add(host);
      // Python's SDK accepts expires_on only as a JSON number.
      return {
        status: 200,
        body: { access_token: value, token_type: "Bearer", expires_on: Math.floor(expiresAt / 1000) },
      };
    } catch (error) {
      failure = error;
      return refuse(500, "INTERNAL_ERROR", error instanceof Error ? error.message : String(error));
    }
  }

  // Loaded only here: steps that fail on their inputs start faster.
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { "Content-Type": "application/json", Connection: "close" });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    servedHosts,
    refusedHosts,
    lastFailure: () => failure,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The SDKs wait ten seconds for an answer, and then cannot report a reason. */
const answerWithinMs = 9_000;

async function withinTime<T>(promise: Promise<T>, issuers: string, withinMs: number): Promise<T> {
  const late = new AbortController();
  const timeout = sleep(withinMs, undefined, { signal: late.signal, ref: false }).then(() => {
    throw new UserError(`Did not get a new access token from ${issuers} within ${withinMs / 1000} seconds.`, {
      hint: "Check that this agent can still reach the service, and run the step again.",
      section: "network",
    });
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    late.abort();
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function refuse(status: number, errorCode: string, message: string): Answer {
  return { status, body: { error_code: errorCode, message } };
}

/** Refuses requests to another name that resolves to loopback (DNS rebinding). */
function isOwnHost(header: string | undefined, port: number): boolean {
  return header === `127.0.0.1:${port}` || header === `localhost:${port}`;
}
