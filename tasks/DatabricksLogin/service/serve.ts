import { federatedTokens } from "../../common/identity/federated-token.ts";
import { tokenClaims } from "../../common/identity/jwt.ts";
import { type Route, refuse, secretPath, startLoopbackServer } from "../../common/identity/loopback-server.ts";
import { metadataRoute } from "../../common/identity/metadata-service.ts";
import { createHttp } from "../../common/pipeline/http.ts";
import { userAgent } from "../../common/product.ts";
import { stepIdentity } from "../../common/sign-in/identity.ts";
import { loginPath } from "../../common/sign-in/login-variables.ts";
import {
  type HandoverMessage,
  keepMessage,
  networkOf,
  type ServiceAddresses,
  type ServiceMessage,
} from "./handover.ts";
import { newOAuthClient, oauthRoutes } from "./oauth-client.ts";
import { counter } from "./report.ts";
import { watchedToken } from "./watched-token.ts";
import { watchWorker } from "./worker.ts";

/** With this much of its life left, Databricks' clients ask for a new token (databricks-sdk-go, databricks-sdk-py). */
const spareMs = 20 * 60_000;

/** How often a service that nobody uses checks that the job still exists. */
const idleCheckMs = 60 * 60_000;

/** How long the last answers may take at the end. */
const lastAnswersMs = 1_000;

/** The token service: gives tokens to the programs of the job, and ends with it. */
export function serve(): void {
  let kept = false;
  process.once("disconnect", () => void (kept || process.exit(1)));
  process.once("message", (handover: HandoverMessage) => {
    process.once("message", (message) => {
      kept = message === keepMessage;
    });
    open(handover).then(
      (ready) => tell({ ready }),
      (error: unknown) => tell({ failure: error instanceof Error ? error.message : String(error) }),
    );
  });
}

function tell(message: ServiceMessage): void {
  process.send?.(message);
}

/** Starts the server. Resolves when it answers, from when on it needs no file of the task. */
async function open(handover: HandoverMessage): Promise<ServiceAddresses> {
  const { inputs, connection, job, workerPid } = handover;
  const { workspace } = inputs;
  const http = createHttp(networkOf(handover.network), userAgent, new AbortController().signal);
  const identity = stepIdentity(http, inputs, connection, job, federatedTokens, { first: handover.token, spareMs });
  const { rule, issuers } = identity;
  const counts = counter();

  const end = () => void server.close(lastAnswersMs).then(() => process.exit(0));
  const jobTokenExpiresAt = tokenClaims(job.jobToken ?? "").expiresAt;
  const token = watchedToken(identity.token, handover.token.value, counts, { jobTokenExpiresAt, end });
  const metadata = metadataRoute({ token, issuers, allowsHost: rule, refusal: refusalOf(workspace.host) });
  const oauth = inputs.oauthClient ? newOAuthClient() : undefined;
  const paths = {
    metadata: loginPath([workspace.host, workspace.workspaceId]),
    oauth: loginPath([oauth?.id, oauth?.secret]),
    stop: secretPath(),
  };
  const stop: Route = async ({ method }) => {
    if (method !== "POST") return refuse(405, "BAD_REQUEST", "Only POST is supported.");
    end();
    return { status: 200, body: counts.report() };
  };
  const { counted } = counts;
  const server = await startLoopbackServer({
    [paths.metadata]: counted(metadata.answer),
    [paths.stop]: stop,
    ...(oauth ? oauthRoutes({ path: paths.oauth, client: oauth, token, issuers, counted }) : {}),
  });
  if (workerPid !== undefined) watchWorker(workerPid, () => process.exit(0));
  // If there is no worker to watch, the refusal of the job's token tells that the job is over.
  setInterval(() => void token().catch(() => {}), idleCheckMs).unref();
  return {
    metadataServiceUrl: server.origin + paths.metadata,
    stopUrl: server.origin + paths.stop,
    oauth: oauth && { ...oauth, discoveryUrl: server.origin + paths.oauth },
  };
}

function refusalOf(host: string): (asked: string) => string {
  return (asked) =>
    `A program asked for a token for ${asked || "no host"}, but this job is signed in to ${host}. No token was given.`;
}
