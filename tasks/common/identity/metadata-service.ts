import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../pipeline/errors.ts";
import type { AccessToken, AccessTokenSource } from "./access-token.ts";
import { type Answer, type Route, refuse, secretPath, startLoopbackServer } from "./loopback-server.ts";

/** What a metadata service gave out so far, and when it goes on. */
interface MetadataRecord {
  /** Hosts for which a Databricks CLI got tokens, e.g. https://adb-1.2.azuredatabricks.net. Other programs do not count. */
  readonly servedHosts: ReadonlySet<string>;
  /** Hosts for which one was refused to a Databricks CLI. */
  readonly refusedHosts: ReadonlySet<string>;
  /** Why the last renewal failed, if the last one did. */
  readonly lastFailure: () => unknown;
  /** From now on, a client waits for its token until `begin` resolves, and gets none if it rejects. */
  readonly holdUntil: (begin: Promise<unknown>) => void;
}

/**
 * Databricks' metadata service: gives the current access token to the CLI and its child processes, for as long as they run.
 * Protocol: databricks-sdk-go, config/auth_metadata_service.go.
 */
export interface MetadataService extends MetadataRecord {
  /** Contains a 256-bit random path. With it, a program can request tokens, so it is a secret. */
  readonly url: string;
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
  const path = secretPath();
  const { answer, ...record } = metadataRoute(settings, withinMs);
  const { origin, close } = await startLoopbackServer({ [path]: answer });
  return { ...record, url: `${origin}${path}`, close: () => close() };
}

/** The service without its server: how it answers, and what it gave out. */
export function metadataRoute(
  settings: MetadataServiceSettings,
  withinMs = answerWithinMs,
): MetadataRecord & { readonly answer: Route } {
  const servedHosts = new Set<string>();
  const refusedHosts = new Set<string>();
  let failure: unknown;
  let held: Promise<unknown> = Promise.resolve();

  async function answer({ method, headers }: IncomingMessage): Promise<Answer> {
    if (method !== "GET") return refuse(405, "BAD_REQUEST", "Only GET is supported.");
    if (headers["x-databricks-metadata-version"] !== "1") {
      return refuse(400, "BAD_REQUEST", "The header X-Databricks-Metadata-Version must be 1.");
    }
    const userAgent = headers["user-agent"] ?? "";
    const unwanted = settings.refuseClient?.(userAgent);
    if (unwanted !== undefined) return refuse(403, "PERMISSION_DENIED", unwanted);
    const host = String(headers["x-databricks-host"] ?? "")
      .replace(/\/+$/, "")
      .toLowerCase();
    // Python and build scripts of the bundle ask too; their requests do not count as the CLI's.
    const isCli = userAgent.startsWith("cli/");
    if (!settings.allowsHost(host)) {
      if (isCli) refusedHosts.add(host);
      return refuse(403, "PERMISSION_DENIED", settings.refusal(host));
    }
    // At the same time, because the client waits ten seconds for both.
    const [begun, token] = await Promise.allSettled([held, tokenInTime(settings.token, settings.issuers, withinMs)]);
    if (begun.status === "rejected") return refuseBecause(begun.reason);
    if (token.status === "rejected") {
      failure = token.reason;
      return refuseBecause(failure);
    }
    failure = undefined;
    if (isCli) servedHosts.add(host);
    const { value, expiresAt } = token.value;
    // Python's SDK accepts expires_on only as a JSON number.
    return {
      status: 200,
      body: { access_token: value, token_type: "Bearer", expires_on: Math.floor(expiresAt / 1000) },
    };
  }

  return {
    answer,
    servedHosts,
    refusedHosts,
    lastFailure: () => failure,
    holdUntil(begin) {
      held = begin;
      // Who waits for a token is told.
      begin.catch(() => undefined);
    },
  };
}

function refuseBecause(reason: unknown): Answer {
  return refuse(500, "INTERNAL_ERROR", reason instanceof Error ? reason.message : String(reason));
}

/** The SDKs wait ten seconds for an answer, and then cannot report a reason. */
const answerWithinMs = 9_000;

/** A token that is valid now; throws a UserError that names the `issuers` when there is none before the client gives up. */
export async function tokenInTime(
  token: AccessTokenSource,
  issuers: string,
  withinMs = answerWithinMs,
): Promise<AccessToken> {
  const late = new AbortController();
  const timeout = sleep(withinMs, undefined, { signal: late.signal, ref: false }).then(() => {
    throw new UserError(`Did not get a new access token from ${issuers} within ${withinMs / 1000} seconds.`, {
      hint: "Check that this agent can still reach the service, and run the step again.",
      section: "network",
    });
  });
  try {
    return await Promise.race([token(), timeout]);
  } finally {
    late.abort();
  }
}
