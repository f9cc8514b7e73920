import { type TroubleshootingSection, UserError } from "./errors.ts";
import { HttpFailure } from "./http-failure.ts";
import { parsedMembers } from "./json.ts";

/**
 * The user's error for a request without an answer: `what` failed, and why. `advice` follows the hint for that kind of
 * failure. Every other error is returned unchanged.
 */
export function unreachable(error: unknown, what: string, section: TroubleshootingSection, advice?: string): unknown {
  if (!(error instanceof HttpFailure)) return error;
  const hint = [error.hint, advice].filter(Boolean).join(" ");
  return new UserError(`${what}: ${error.message}.`, { hint, section, cause: error });
}

/** The message in a service's JSON answer: the first of these members that is text, at most 500 characters; otherwise "". */
export function serverMessage(answer: string, names: readonly string[]): string {
  const body = parsedMembers(answer);
  const text = names.map((name) => body[name]).find((one) => typeof one === "string" && one !== "");
  return typeof text === "string" ? text.slice(0, 500) : "";
}
