import type { WorkspaceConnection } from "../../tasks/common/databricks/workspace/call.ts";
import type { Http, HttpRequest, HttpResponse } from "../../tasks/common/pipeline/http.ts";

/** An HTTP client with these answers, for code that streams nothing. */
export function httpWith(send: Http["send"]): Http {
  return { send, stream: () => Promise.reject(new Error("Nothing is streamed.")) };
}

/** An answer with this value as JSON. */
export function jsonAnswer(url: string, value: unknown, status = 200): HttpResponse {
  return { status, headers: {}, url, text: JSON.stringify(value) };
}

/** The answer of a workspace with the content of a file. */
export function fileAnswer(url: string, content: string): HttpResponse {
  return jsonAnswer(url, { content: Buffer.from(content).toString("base64") });
}

/** The answer of a workspace that does not have what it is asked for. */
export function missingAnswer(url: string): HttpResponse {
  return jsonAnswer(url, { error_code: "RESOURCE_DOES_NOT_EXIST" }, 404);
}

/** An HTTP client whose answer is always an empty object, and the requests that were sent with it. */
export function recordingHttp(): { readonly http: Http; readonly sent: HttpRequest[] } {
  const sent: HttpRequest[] = [];
  const http = httpWith(async (request) => {
    sent.push(request);
    return { status: 200, headers: { "content-type": "application/json" }, url: request.url, text: "{}" };
  });
  return { http, sent };
}

/** A connection to a workspace with these answers. */
export function workspaceWith(send: Http["send"]): WorkspaceConnection {
  const token = async () => ({ value: "t" });
  return { host: "https://adb-1.7.azuredatabricks.net", workspaceId: undefined, token, http: httpWith(send) };
}
