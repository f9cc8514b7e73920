import { print } from "../pipeline/commands.ts";
import type { Http, HttpRequest, HttpResponse } from "../pipeline/http.ts";
import { HttpFailure } from "../pipeline/http-failure.ts";
import { temporaryRefusal } from "./entra-errors.ts";

/** Where a request with a credential may go. */
export interface CredentialTarget {
  readonly allowsUrl: (url: URL) => boolean;
  /** Requests go to the metadata service of the machine, without TLS. */
  readonly instanceMetadata?: boolean | undefined;
}

/**
 * Sends a request that contains a credential, without following redirects, and again if Entra calls its refusal temporary.
 * Throws HttpFailure if there is no answer, or if the address is not allowed.
 */
export async function sendCredential(
  http: Http,
  request: Pick<HttpRequest, "method" | "url" | "headers" | "body">,
  { allowsUrl, instanceMetadata = false }: CredentialTarget,
): Promise<HttpResponse> {
  const { url } = request;
  if (!allowsUrl(new URL(url))) {
    throw new HttpFailure("redirects", url, "the task does not send credentials to this address");
  }
  const response = await http.send({
    ...request,
    redirects: "manual",
    idleTimeoutMs: 10_000,
    isBusy: ({ status, text }) => (status >= 400 ? temporaryRefusal(text) : undefined),
    onRetry: (reason, waitMs) => print(`${reason}. Trying again in ${(waitMs / 1000).toFixed(1)} s.`),
    ...(instanceMetadata ? { instanceMetadata, idleTimeoutMs: 5_000, attempts: 3 } : {}),
  });
  if (response.status >= 300 && response.status < 400) {
    // A library would follow the redirect and send the credential there.
    throw new HttpFailure("redirects", url, `it redirects (${response.status}), which Entra never does`);
  }
  return response;
}
