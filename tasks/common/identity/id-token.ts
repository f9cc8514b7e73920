import { errorParts } from "../failures/failure.ts";
import { idTokenFailures } from "../failures/id-token.ts";
import { debug, registerSecret, warn } from "../pipeline/commands.ts";
import { UserError } from "../pipeline/errors.ts";
import type { Http, HttpResponse } from "../pipeline/http.ts";
import type { JobInfo } from "../pipeline/job.ts";
import { parsedMembers, textOf } from "../pipeline/json.ts";
import type { FederatedConnection } from "../pipeline/service-connection.ts";
import { answerText, formProblem, isWebPage, serverMessage, unreachable } from "../pipeline/service-errors.ts";
import { type IdTokenAddress, idTokenAddress } from "./id-token-address.ts";
import { type TokenClaims, tokenClaims } from "./jwt.ts";

/** Azure DevOps does not accept the job's token: the job has ended, or the token has, or Azure DevOps is overloaded. */
export class JobTokenRefused extends UserError {}

/** Gets a new ID token of the connection and registers it as a secret before anything else is printed. */
export type IdTokenSource = () => Promise<string>;

/** Gets the claims of each new ID token. */
export type ClaimsObserver = (claims: TokenClaims) => void;

/** What is left to do when the connection has been converted to the Entra issuer, by where its ID token is exchanged. */
const afterConversion = {
  entra: "This step then works without a change.",
  databricks:
    "Then also create a federation policy in Databricks with the new issuer, subject and audience of the ID token.",
} as const;

/**
 * Returns a source that asks Azure DevOps each time. If that fails, it uses the token that came with the job until it
 * expires.
 */
export function freshIdTokens(
  http: Http,
  job: JobInfo,
  connection: FederatedConnection,
  exchangedBy: keyof typeof afterConversion,
  onClaims?: ClaimsObserver,
): IdTokenSource {
  const warnOnce = issuerWarning(connection, afterConversion[exchangedBy]);
  return async () => {
    const idToken = await newIdToken(http, job, connection);
    registerSecret(idToken);
    onClaims?.(tokenClaims(idToken));
    warnOnce(idToken);
    return idToken;
  };
}

async function newIdToken(http: Http, job: JobInfo, connection: FederatedConnection): Promise<string> {
  try {
    return await requestIdToken(http, idTokenAddress(job), connection.id);
  } catch (error) {
    const { lateBoundIdToken } = connection;
    if (!(error instanceof UserError) || !lateBoundIdToken || isExpired(lateBoundIdToken)) throw error;
    debug(`${error.message} Using the ID token that came with the job.`);
    return lateBoundIdToken;
  }
}

function isExpired(idToken: string): boolean {
  return (tokenClaims(idToken).expiresAt ?? 0) <= Date.now();
}

/** Azure DevOps stops issuing tokens only in the public cloud (Azure DevOps: convert service connections). */
function issuerWarning({ cloud }: FederatedConnection, next: string): (idToken: string) => void {
  let warned = cloud !== "AzureCloud";
  return (idToken) => {
    if (warned || !tokenClaims(idToken).issuer?.startsWith("https://vstoken.dev.azure.com/")) return;
    warned = true;
    warn(
      "The service connection uses ID tokens that Azure DevOps issues (vstoken.dev.azure.com). Azure DevOps " +
        "stops issuing them on 2027-07-01. Open the connection under Project settings > Service connections and " +
        `convert it to the Entra issuer. ${next}`,
    );
  };
}

/** Requests an ID token (a JWT that is valid for about ten minutes) of one service connection from Azure DevOps. */
async function requestIdToken(http: Http, address: IdTokenAddress, connectionId: string): Promise<string> {
  const url = new URL(address.url);
  url.searchParams.set("api-version", "7.1");
  url.searchParams.set("serviceConnectionId", connectionId);
  const response = await sendRequest(http, url.href, address.jobToken);
  const token = response.status === 200 ? parsedToken(response.text) : undefined;
  if (token === undefined) throw refusal(response, url.host);
  return token;
}

const planRefusal = "TaskOrchestrationPlanSecurityException";

/**
 * Azure DevOps can also refuse a plan like this for a moment; the agent retries as well (ContainerOperationProvider.cs). It
 * answers 401 for a moment if its own services are overloaded (azure-pipelines-agent, issue 2952).
 */
function momentaryRefusal({ status, text }: HttpResponse, jobToken: string): string | undefined {
  if (status === 403 && text.includes(planRefusal)) return "Azure DevOps does not give access to this job yet (403)";
  const isValid = (tokenClaims(jobToken).expiresAt ?? 0) > Date.now();
  return status === 401 && isValid ? "Azure DevOps does not accept the token of this job (401)" : undefined;
}

async function sendRequest(http: Http, url: string, jobToken: string): Promise<HttpResponse> {
  try {
    return await http.send({
      method: "POST",
      url,
      headers: {
        Authorization: `Bearer ${jobToken}`,
        "Content-Type": "application/json",
        Accept: "application/json",
        // Requests 401 instead of a redirect to the sign-in page.
        "X-TFS-FedAuthRedirect": "Suppress",
      },
      idleTimeoutMs: 10_000,
      isBusy: (response) => momentaryRefusal(response, jobToken),
    });
  } catch (error) {
    throw unreachable(error, "Azure DevOps did not issue an ID token", "network");
  }
}

function parsedToken(text: string): string | undefined {
  return textOf(parsedMembers(text)["oidcToken"]);
}

function refusal(response: HttpResponse, host: string): UserError {
  const { status, text } = response;
  // A refusal of a connection that the stage does not name comes in another wrapper, as `value`.
  const message = serverMessage(text, ["message", "value"]);
  const form = formProblem(response);
  const parts = errorParts(
    idTokenFailures,
    refusalId(response),
    {
      host,
      status: form === "" ? String(status) : `${status}: ${form}`,
      detail: message === "" ? "" : `: ${message}`,
    },
    { answer: answerText(response, message || form) },
  );
  return status === 401 ? new JobTokenRefused(...parts) : new UserError(...parts);
}

function refusalId(response: HttpResponse): keyof typeof idTokenFailures {
  const { status, text } = response;
  if (status === 401) return "job-token-refused";
  if (status === 403 && text.includes(planRefusal)) return "job-not-ready";
  if (status === 403 || status === 404) return "connection-not-authorized";
  if ((status >= 300 && status < 400) || (status < 300 && isWebPage(response))) return "id-token-page";
  return status === 200 ? "id-token-empty" : "id-token-status";
}
