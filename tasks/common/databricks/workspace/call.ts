import type { Http, HttpResponse } from "../../pipeline/http.ts";
import { parsedObject } from "../../pipeline/json.ts";
import { answerText, formProblem, isTemporary, serverMessage } from "../../pipeline/service-errors.ts";
import type { WorkspaceAddress } from "./address.ts";

/** The workspace answered with an error, or with something other than an API response. */
export class WorkspaceError extends Error {
  readonly status: number;
  /** A web page instead of an API response: sign-in, private link, captive proxy. */
  readonly isWebPage: boolean;
  /** The address that a redirect leads to, and the answer's text: what it says, whatever its form. */
  readonly answer: string;
  /** For people: the status, what the workspace answered, and the ID of the request. */
  readonly text: string;
  /** Whether the answer has the form of the API, so that it comes from the workspace itself. */
  readonly isOfApi: boolean;

  constructor(
    status: number,
    message: string,
    isWebPage: boolean,
    { answer = message, text = `${status}: ${message}`, isOfApi = !isWebPage } = {},
  ) {
    super(message);
    this.answer = answer;
    this.text = text;
    this.isOfApi = isOfApi;
    this.name = "WorkspaceError";
    this.status = status;
    this.isWebPage = isWebPage;
  }
}

/** Whether this is the workspace's answer that something does not exist: a gateway or proxy also answers 404, with a text or a page. */
export function isMissing(error: unknown): boolean {
  return error instanceof WorkspaceError && error.status === 404 && error.isOfApi;
}

/** Whether this is an answer of the workspace that it would give again. */
export function isLasting(error: unknown): boolean {
  return error instanceof WorkspaceError && !isTemporary(error.status);
}

/** Why a call has failed, in words. A web page and a redirect have no message. */
export function failureInWords(error: unknown): string {
  if (!(error instanceof WorkspaceError)) return error instanceof Error ? error.message : String(error);
  if (!error.isWebPage) return error.text;
  const what = error.status < 400 && error.status >= 300 ? "a redirect" : "a web page";
  return `${what} (${error.text}) instead of a response of the API`;
}

export interface WorkspaceConnection extends WorkspaceAddress {
  readonly http: Http;
  readonly token: () => Promise<{ readonly value: string }>;
}

/** One call of the workspace's API. */
export interface WorkspaceCall {
  readonly method: "GET" | "POST";
  /** e.g. /api/2.0/preview/scim/v2/Me */
  readonly path: string;
  readonly search?: string;
  /** Becomes the body, as JSON. */
  readonly payload?: unknown;
}

/** Makes one call without loading the SDK, and returns the answer's JSON. Throws WorkspaceError or HttpFailure. */
export async function callWorkspace(
  { host, workspaceId, http, token }: WorkspaceConnection,
  { method, path, search = "", payload }: WorkspaceCall,
): Promise<Record<string, unknown>> {
  const url = new URL(path, host);
  url.search = search;
  const response = await http.send({
    method,
    url: url.href,
    headers: {
      Authorization: `Bearer ${(await token()).value}`,
      Accept: "application/json",
      // As the SDKs do (databricks-sdk-go, config/config.go: WorkspaceID).
      ...(workspaceId ? { "X-Databricks-Workspace-Id": workspaceId } : {}),
    },
    ...(payload === undefined ? {} : { body: JSON.stringify(payload) }),
    redirects: "manual",
    idleTimeoutMs: 10_000,
    attempts: 3,
  });
  return parsed(response);
}

/** The title of a web page; "" if there is none. */
export function pageTitle(text: string): string {
  return /<title[^>]{0,200}>([^<]{1,200})/i.exec(text)?.[1]?.replace(/\s+/g, " ").trim() ?? "";
}

function parsed(response: HttpResponse): Record<string, unknown> {
  const { status, headers, text } = response;
  const body = parsedObject(text);
  if (status === 200 && (body || text.trim() === "")) return body ?? {};
  const form = formProblem(response);
  const isRedirect = status >= 300 && status < 400;
  const isWebPage = !body && (isRedirect || /html/i.test(String(headers["content-type"])) || form.endsWith("web page"));
  const answer = `${headers.location ?? ""}\n${text}`;
  const ofServer = serverMessage(text, ["message", "detail", "error"]);
  const message = isWebPage ? ofServer : ofServer || form;
  const shown = answerText(response, message || pageTitle(text));
  throw new WorkspaceError(status, message, isWebPage, { answer, text: shown, isOfApi: body !== undefined });
}
