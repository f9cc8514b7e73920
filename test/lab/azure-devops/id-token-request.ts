import type { IncomingMessage } from "node:http";
import { type Answer, guid } from "./answer.ts";
import {
  contentTypeError,
  methodError,
  missingVersionError,
  noReferenceError,
  noResourceError,
  versionOutOfRangeError,
} from "./errors.ts";
import type { Organization, RegisteredConnection } from "./service-connections.ts";

/** What the ID token resource works with. */
export interface IdTokenResource {
  readonly organization: Organization;
  readonly connections: ReadonlyMap<string, RegisteredConnection>;
  /** Signs the ID token for a service connection, or for the pipeline itself. */
  sign(connection: RegisteredConnection | undefined): Promise<string>;
}

const resource = new RegExp(
  `^/([^/]+)/([^/]+)/_apis/distributedtask/hubs/(?:build|release|gates)/plans/${guid}/jobs/${guid}/oidctoken$`,
  "i",
);

/** Answers a request of a job whose access token is in order. */
export async function answerIdTokenRequest(
  request: IncomingMessage,
  url: URL,
  body: string,
  { organization, connections, sign }: IdTokenResource,
): Promise<Answer> {
  if (!isIdTokenPath(url.pathname, organization)) return { status: 404, body: noResourceError(url) };
  const refusal = checkRequest(request, url, body);
  if (refusal) return refusal;
  const id = url.searchParams.get("serviceConnectionId");
  const connection = connections.get(id?.toLowerCase() ?? "");
  if (id && (!connection || connection.authorized === false)) return { status: 404, body: noReferenceError(id) };
  return { status: 200, body: { oidcToken: await sign(connection) } };
}

/** Whether a path is the ID token resource of a project of the organization, by the project's id or name. */
function isIdTokenPath(path: string, organization: Organization): boolean {
  const [, organizationName, project = ""] = resource.exec(path) ?? [];
  if (organizationName?.toLowerCase() !== organization.name.toLowerCase()) return false;
  const { id, name } = organization.project;
  return [id, name].some((known) => known.toLowerCase() === decodeURIComponent(project).toLowerCase());
}

/** Checks method, API version and content type; undefined when all are as they should be. */
function checkRequest(request: IncomingMessage, url: URL, body: string): Answer | undefined {
  if (request.method !== "POST") return { status: 405, body: methodError(request.method ?? "") };
  const version = apiVersion(request, url);
  if (!version) return { status: 400, body: missingVersionError("POST") };
  // The resource exists since 7.1, where it is not a preview any more.
  if (!/^7\.[12](-preview(\.\d+)?)?$/.test(version)) return { status: 400, body: versionOutOfRangeError(version) };
  const contentType = request.headers["content-type"];
  if (contentType ? !/^application\/json\b/i.test(contentType) : body !== "") {
    return { status: 400, body: contentTypeError(contentType ?? "") };
  }
  return undefined;
}

function apiVersion(request: IncomingMessage, url: URL): string | undefined {
  const accepted = /;\s*api-version=([^;,\s]+)/i.exec(request.headers.accept ?? "")?.[1];
  return url.searchParams.get("api-version") ?? accepted;
}
