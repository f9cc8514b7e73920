import type { WorkspaceConnection } from "../../tasks/common/databricks/workspace/call.ts";
import type { Http, HttpRequest } from "../../tasks/common/pipeline/http.ts";

/** An HTTP client with these answers, for code that streams nothing. */
export function httpWith(send: Http["send"]): Http {
  return { send, stream: () => Promise.reject(new Error("Nothing is streamed.")) };
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
