import type { HttpClient, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import { print } from "../pipeline/commands.ts";
import type { Http } from "../pipeline/http.ts";
import { HttpFailure } from "../pipeline/http-failure.ts";
import { temporaryRefusal } from "./entra-errors.ts";

export interface EntraTransport {
  readonly httpClient: HttpClient;
  /** The last network failure. The library's own error does not contain its cause. */
  readonly failure: () => unknown;
}

export interface EntraTransportSettings {
  readonly http: Http;
  readonly createHttpHeaders: typeof import("./azure-identity.lazy.ts").createHttpHeaders;
  /** Whether a credential may be sent there. */
  readonly allowsUrl: (url: URL) => boolean;
  /** Requests go to the metadata service of the machine, without TLS. */
  readonly instanceMetadata?: boolean;
}

/**
 * Keeps the library from reading HTTPS_PROXY and similar variables, of which it does not accept every form: our transport
 * knows the proxy, and this address is never used.
 */
export const noProxyOfItsOwn = { proxyOptions: { host: "http://unused.invalid", port: 80 } };

/** Our HTTP module as the transport of @azure/identity: agent proxy and CA, time limits, retries, no redirects. */
export function entraTransport(settings: EntraTransportSettings): EntraTransport {
  let failure: unknown;
  const sendRequest = async (request: PipelineRequest): Promise<PipelineResponse> => {
    try {
      return await send(settings, request);
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  return { httpClient: { sendRequest }, failure: () => failure };
}

async function send(settings: EntraTransportSettings, request: PipelineRequest): Promise<PipelineResponse> {
  const { http, createHttpHeaders, allowsUrl, instanceMetadata = false } = settings;
  const { url } = request;
  if (!allowsUrl(new URL(url))) {
    throw new HttpFailure("redirects", url, "the task does not send credentials to this address");
  }
  const response = await http.send({
    method: request.method === "POST" ? "POST" : "GET",
    url,
    headers: request.headers.toJSON(),
    ...(typeof request.body === "string" ? { body: request.body } : {}),
    redirects: "manual",
    idleTimeoutMs: 10_000,
    isBusy: ({ status, text }) => (status >= 400 ? temporaryRefusal(text) : undefined),
    onRetry: (reason, waitMs) => print(`${reason}. Trying again in ${(waitMs / 1000).toFixed(1)} s.`),
    ...(instanceMetadata ? { instanceMetadata, idleTimeoutMs: 5_000, attempts: 3 } : {}),
  });
  if (response.status >= 300 && response.status < 400) {
    // The library would follow the redirect and send the credential there.
    throw new HttpFailure("redirects", url, `it redirects (${response.status}), which Entra never does`);
  }
  const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
  return {
    request,
    status: response.status,
    headers: createHttpHeaders(Object.fromEntries(headers)),
    bodyAsText: response.text,
  };
}
