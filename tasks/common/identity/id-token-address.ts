import { knownError } from "../failures/failure.ts";
import { idTokenFailures } from "../failures/id-token.ts";
import { isGuid, organizationOf, projectUrl } from "../pipeline/collection.ts";
import type { JobInfo } from "../pipeline/job.ts";

/** Where this job asks Azure DevOps for ID tokens, and the token that it sends. */
export interface IdTokenAddress {
  /** Full URL of the job's `oidctoken` resource, without a query. */
  readonly url: string;
  /** The job access token (System.AccessToken). */
  readonly jobToken: string;
}

/** System.OidcRequestUri if it is in the job's own organization, otherwise the same address composed from the job's IDs. */
export function idTokenAddress(job: JobInfo): IdTokenAddress {
  const { jobToken } = job;
  requireAzureDevOps(job.collectionUrl);
  const url = ownOidcRequestUri(job) ?? composedUrl(job);
  if (!jobToken || !url) {
    throw knownError(idTokenFailures, "id-token-no-address");
  }
  return { url, jobToken };
}

/**
 * The job token goes only to Azure DevOps Services. The agent sets the collection's address, but an earlier step can
 * set a variable of the same name, which then replaces it (agent: Handler.cs writes variables last).
 */
function requireAzureDevOps(collectionUrl: string): void {
  if (organizationOf(collectionUrl) !== undefined) return;
  throw knownError(idTokenFailures, "not-azure-devops-services", { collection: collectionUrl || "none" });
}

const oidcTokenPath = /\/_apis\/distributedtask\/hubs\/\w+\/plans\/[\w-]+\/jobs\/[\w-]+\/oidctoken$/i;

/**
 * A variable set by an earlier step could name any address: the job token goes only to the job's own organization,
 * and there only to the resource that issues ID tokens.
 */
function ownOidcRequestUri({ collectionUrl, oidcRequestUri }: JobInfo): string | undefined {
  if (!oidcRequestUri || organizationOf(oidcRequestUri) !== organizationOf(collectionUrl)) return undefined;
  const { pathname, search, hash } = new URL(oidcRequestUri);
  return oidcTokenPath.test(pathname) && search === "" && hash === "" ? oidcRequestUri : undefined;
}

function composedUrl({ collectionUrl, projectId, hostType, planId, jobId }: JobInfo): string | undefined {
  if (!isGuid(projectId) || !isGuid(planId) || !isGuid(jobId) || !/^\w+$/.test(hostType ?? "")) return undefined;
  const plan = `_apis/distributedtask/hubs/${hostType}/plans/${planId}`;
  return `${projectUrl(collectionUrl, projectId)}/${plan}/jobs/${jobId}/oidctoken`;
}
