import { UserError } from "../pipeline/errors.ts";
import type { Http, HttpResponse } from "../pipeline/http.ts";
import { HttpFailure } from "../pipeline/http-failure.ts";

/** Where this job asks Azure DevOps for ID tokens, and with what. */
export interface IdTokenRequest {
  /** Full URL of the job's `oidctoken` resource, without a query. */
  readonly url: string;
  /** The job access token (System.AccessToken). */
  readonly jobToken: string;
}

/** What the job knows of itself, as the agent's variables name it. */
export interface JobIdentity {
  /** URL of the collection from the job message itself (SYSTEMVSSCONNECTION), which no variable can change. */
  readonly collectionUrl: string;
  readonly oidcRequestUri: string | undefined;
  readonly projectId: string | undefined;
  /** build, release, deployment, …; the name of the hub. */
  readonly hostType: string | undefined;
  readonly planId: string | undefined;
  readonly jobId: string | undefined;
  readonly jobToken: string | undefined;
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** System.OidcRequestUri where it lies in the job's own collection, else the same address composed from the job's ids. */
export function idTokenRequest(job: JobIdentity): IdTokenRequest {
  const { jobToken } = job;
  const url = ownOidcRequestUri(job) ?? composedUrl(job);
  if (!jobToken || !url) {
    throw new UserError("This job lacks what it takes to ask Azure DevOps for an ID token.", {
      hint: "Workload identity federation needs Azure DevOps Services; it does not exist on Azure DevOps Server.",
      anchor: "id-token",
    });
  }
  return { url, jobToken };
}

function ownOidcRequestUri({ collectionUrl, oidcRequestUri }: JobIdentity): string | undefined {
  if (!oidcRequestUri || !URL.canParse(oidcRequestUri)) return undefined;
  const { protocol, href } = new URL(oidcRequestUri);
  // A variable set by an earlier step could name any address; the job token goes to the collection alone.
  return protocol === "https:" && href.startsWith(withSlash(collectionUrl)) ? href : undefined;
}

function composedUrl({ collectionUrl, projectId, hostType, planId, jobId }: JobIdentity): string | undefined {
  if (![projectId, planId, jobId].every((id) => id && guid.test(id)) || !/^\w+$/.test(hostType ?? "")) return undefined;
  const job = `${projectId}/_apis/distributedtask/hubs/${hostType}/plans/${planId}/jobs/${jobId}`;
  return `${withSlash(collectionUrl)}${job}/oidctoken`;
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

/** Asks Azure DevOps for an ID token (a JWT of about ten minutes) of one service connection. */
export async function requestIdToken(http: Http, request: IdTokenRequest, connectionId: string): Promise<string> {
  const url = new URL(request.url);
  url.searchParams.set("api-version", "7.1");
  url.searchParams.set("serviceConnectionId", connectionId);
  const response = await sendRequest(http, url.href, request.jobToken);
  const token = response.status === 200 ? parsedToken(response.text) : undefined;
  if (token) return token;
  throw refusal(response, url.host);
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
        // Asks for 401 in place of a redirect to the sign-in page.
        "X-TFS-FedAuthRedirect": "Suppress",
      },
    });
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    throw new UserError(`Azure DevOps gave no ID token: ${error.message}.`, {
      hint: error.hint,
      anchor: "network",
      cause: error,
    });
  }
}

function parsedToken(text: string): string | undefined {
  try {
    const { oidcToken } = JSON.parse(text) as { oidcToken?: unknown };
    return typeof oidcToken === "string" && oidcToken !== "" ? oidcToken : undefined;
  } catch {
    return undefined;
  }
}

function refusal({ status, text }: HttpResponse, host: string): UserError {
  const said = serverMessage(text);
  const fail = (why: string, hint: string, anchor = "id-token") =>
    new UserError(`Azure DevOps (${host}) gave no ID token for the service connection: ${why}.`, { hint, anchor });
  if (status === 401) {
    return fail(
      "it did not accept the job access token (401)",
      "A job's token ends after about a day; run the job again.",
    );
  }
  if (status === 403 || status === 404) {
    return fail(
      `this pipeline may not use the connection, or it does not exist (${status}${said})`,
      "Authorise it under Project settings > Service connections > Security > Pipeline permissions, and run again.",
      "connection-not-authorised",
    );
  }
  if (status === 200 || (status >= 300 && status < 400)) {
    return fail(
      `the answer (${status}) holds no token`,
      "Check that the connection uses workload identity federation.",
    );
  }
  return fail(`it answered ${status}${said}`, "Run the step again; if it stays, see status.dev.azure.com.");
}

function serverMessage(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? `: ${message.slice(0, 500)}` : "";
  } catch {
    return "";
  }
}
