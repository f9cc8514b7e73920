import type { HttpClient, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import type { Http } from "../pipeline/http.ts";
import { type CredentialTarget, sendCredential } from "./entra-request.ts";

export interface EntraTransport {
  readonly httpClient: HttpClient;
  /** The last network failure. The library's own error does not contain its cause. */
  readonly failure: () => unknown;
}

export interface EntraTransportSettings extends CredentialTarget {
  readonly http: Http;
  readonly createHttpHeaders: typeof import("./azure-identity.lazy.ts").createHttpHeaders;
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
  const { http, createHttpHeaders, ...target } = settings;
  const response = await sendCredential(
    http,
    {
      method: request.method === "POST" ? "POST" : "GET",
      url: request.url,
      headers: request.headers.toJSON(),
      ...(typeof request.body === "string" ? { body: request.body } : {}),
    },
    target,
  );
  const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
  return {
    request,
    status: response.status,
    headers: createHttpHeaders(Object.fromEntries(headers)),
    bodyAsText: response.text,
  };
}
