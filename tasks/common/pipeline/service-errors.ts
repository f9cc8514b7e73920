import { type TroubleshootingSection, UserError } from "./errors.ts";
import type { HttpResponse } from "./http.ts";
import { HttpFailure } from "./http-failure.ts";
import { parsedMembers, parsedObject } from "./json.ts";
import { shorten } from "./secrets.ts";

/**
 * The user's error for a request without an answer: `what` failed, and why. `advice` follows the hint for that kind of
 * failure. Every other error is returned unchanged.
 */
export function unreachable(error: unknown, what: string, section: TroubleshootingSection, advice?: string): unknown {
  if (!(error instanceof HttpFailure)) return error;
  const hint = [error.hint, advice].filter(Boolean).join(" ");
  return new UserError(`${what}: ${error.message}.`, { hint, section, cause: error });
}

/** The message in a service's JSON answer: the first of these members that is text, at most `most` characters; otherwise "". */
export function serverMessage(answer: string, names: readonly string[], most = 500): string {
  const body = parsedMembers(answer);
  const text = names.map((name) => body[name]).find((one) => typeof one === "string" && one !== "");
  return typeof text === "string" ? shorten(text, most) : "";
}

/** What is wrong with the form of an answer with status 200 that should be JSON; "" if nothing is, and for all others. */
export function formProblem({ status, headers, text }: Pick<HttpResponse, "status" | "headers" | "text">): string {
  if (status !== 200 || parsedObject(text)) return "";
  const encoding = String(headers["content-encoding"] ?? "identity");
  if (encoding.toLowerCase() !== "identity") {
    return `the answer has the Content-Encoding ${shorten(encoding, 50)}, which the task did not ask for`;
  }
  return isWebPage({ headers, text }) ? "the answer is a web page" : "the answer is not JSON";
}

/** Whether a service gives an answer with this status for a time only: a fault of a server, a rate limit, or a request that was too slow. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Whether an answer that should be JSON is a web page, as a proxy or a sign-in page sends it. */
export function isWebPage({ headers, text }: Pick<HttpResponse, "headers" | "text">): boolean {
  return /html/i.test(String(headers["content-type"])) || /^\s*</.test(text);
}

/** Headers with the ID of a request: of Azure DevOps, of Entra and other services of Azure, of Databricks. */
const requestIdHeaders = ["x-vss-e2eid", "x-ms-request-id", "x-request-id"];

/** The status of an answer, its words, and the ID by which the service's own support finds the request. */
export function answerText({ status, headers }: Pick<HttpResponse, "status" | "headers">, words: string): string {
  const id = requestIdHeaders.map((name) => headers[name]).find((value) => typeof value === "string" && value !== "");
  const ending = typeof id === "string" && !words.includes(id) ? ` (request ID ${shorten(id, 100)})` : "";
  return `${status}${words === "" ? "" : `: ${words}`}${ending}`;
}
