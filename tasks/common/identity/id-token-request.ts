import { UserError } from "../pipeline/errors.ts";

/** Where this job asks Azure DevOps for ID tokens, and with what. */
export interface IdTokenRequest {
  /** Full URL of the job's `oidctoken` resource, without a query. */
  readonly url: string;
  /** The job access token (System.AccessToken). */
  readonly jobToken: string;
}

/** What the job knows of itself, as the agent's variables name it. */
export interface JobIdentity {
  /** URL of the collection (endpoint SYSTEMVSSCONNECTION). */
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
  requireAzureDevOps(job.collectionUrl);
  const url = ownOidcRequestUri(job) ?? composedUrl(job);
  if (!jobToken || !url) {
    throw new UserError("This job lacks what it takes to ask Azure DevOps for an ID token.", {
      hint: "Workload identity federation needs Azure DevOps Services; it does not exist on Azure DevOps Server.",
      anchor: "id-token",
    });
  }
  return { url, jobToken };
}

/**
 * The job token goes to Azure DevOps Services alone. The agent sets the collection's address, but an earlier step can
 * set a variable of the same name, which then takes its place (agent: Handler.cs writes variables last).
 */
function requireAzureDevOps(collectionUrl: string): void {
  if (URL.canParse(collectionUrl)) {
    const { protocol, host } = new URL(collectionUrl);
    if (protocol === "https:" && (host === "dev.azure.com" || host.endsWith(".visualstudio.com"))) return;
  }
  throw new UserError(`This job's collection (${collectionUrl || "none"}) is not at Azure DevOps Services.`, {
    hint:
      "Workload identity federation needs https://dev.azure.com or https://<organisation>.visualstudio.com. If that is " +
      "where the job runs, an earlier step has changed the variable ENDPOINT_URL_SYSTEMVSSCONNECTION.",
    anchor: "id-token",
  });
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
