import { organizationOf } from "./collection.ts";
import { Canceled } from "./errors.ts";
import type { Http, HttpRequest, HttpResponse } from "./http.ts";
import type { JobInfo } from "./job.ts";
import { parsedObject } from "./json.ts";
import { serverMessage } from "./service-errors.ts";

/** A call of the API of Azure DevOps. */
export interface AzureDevOpsCall extends Pick<HttpRequest, "method" | "url" | "attempts" | "totalTimeoutMs"> {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as the content of a file, instead of `body`. */
  readonly file?: string;
  /** Default 7.1. */
  readonly apiVersion?: string;
}

/** What Azure DevOps answers; `status` is undefined where it did not answer. */
export type AzureDevOpsAnswer =
  | { readonly answer: Record<string, unknown> }
  | { readonly reason: string; readonly status: number | undefined };

/**
 * Calls the API of Azure DevOps with the job's own token. Sends nothing to an address outside of the job's organization: a variable
 * of the job can replace the address of its collection. Throws only Canceled.
 */
export async function callAzureDevOps(
  http: Http,
  { jobToken, collectionUrl }: JobInfo,
  { url, body, file, apiVersion = "7.1", ...call }: AzureDevOpsCall,
): Promise<AzureDevOpsAnswer> {
  if (!jobToken) return { reason: "this job has no access token", status: undefined };
  const organization = organizationOf(url);
  if (organization === undefined || organization !== organizationOf(collectionUrl)) {
    return { reason: `the address ${new URL(url).origin} is not the organization of this job`, status: undefined };
  }
  const sent = file ?? (body === undefined ? undefined : JSON.stringify(body));
  const type = file === undefined ? "application/json" : "application/octet-stream";
  const response = await http
    .send({
      url: `${url}?api-version=${apiVersion}`,
      headers: {
        Authorization: `Bearer ${jobToken}`,
        Accept: "application/json",
        // Requests 401 instead of a redirect to the sign-in page.
        "X-TFS-FedAuthRedirect": "Suppress",
        ...(sent === undefined ? {} : { "Content-Type": type }),
      },
      ...(sent === undefined ? {} : { body: sent }),
      redirects: "manual",
      idleTimeoutMs: 10_000,
      attempts: 3,
      ...call,
    })
    .catch((error: unknown) => {
      if (error instanceof Canceled) throw error;
      return error instanceof Error ? error : new Error(String(error));
    });
  if (response instanceof Error) return { reason: response.message, status: undefined };
  // What was deleted is answered without a body.
  const answer = response.status === 200 ? parsedObject(response.text || "{}") : undefined;
  return answer === undefined ? { reason: refusal(response), status: response.status } : { answer };
}

function refusal({ status, text }: HttpResponse): string {
  const message = serverMessage(text, ["message", "value"]);
  return `Azure DevOps returned status ${status}${message === "" ? "" : `: ${message}`}`;
}
