import { entraFailures } from "../failures/entra.ts";
import { knownError } from "../failures/failure.ts";
import type { UserError } from "../pipeline/errors.ts";
import { parsedMembers } from "../pipeline/json.ts";
import { shorten } from "../pipeline/secrets.ts";
import type { EntraClient } from "./entra-client.ts";

/** Codes that Microsoft's reference calls retryable or temporary. They also come with a status of 400. */
const temporary = new Set(["AADSTS50033", "AADSTS90006", "AADSTS90012", "AADSTS90024", "AADSTS90033", "AADSTS90090"]);

/** Codes for an issuer of ID tokens that did not answer Entra. Its answers have a status of 400 too. */
const issuerUnreached = new Set(["AADSTS50166", "AADSTS501661", "AADSTS90061"]);

const unavailable = "temporarily_unavailable";

/** What an answer of Entra reports as temporary; undefined for every other answer. */
function temporaryCode(answer: string): string | undefined {
  const code = codeIn(answer);
  if (code !== undefined && (temporary.has(code) || issuerUnreached.has(code))) return code;
  return parsedMembers(answer)["error"] === unavailable ? unavailable : undefined;
}

/** Why the same request can succeed a moment later, as Entra's answer says; undefined for every other answer. */
export function temporaryRefusal(answer: string): string | undefined {
  const code = temporaryCode(answer);
  return code && `Entra reports a temporary problem (${code})`;
}

function codeIn(text: string): string | undefined {
  return /AADSTS\d+/.exec(text)?.[0];
}

type Client = Pick<EntraClient, "tenantId" | "authority">;

/** Reads the AADSTS code in an Entra message; undefined when there is none. `answer` is what Entra answered in full. */
export function entraRefusal(message: string, client: Client, answer = message): UserError | undefined {
  const code = codeIn(message);
  if (code === undefined) return undefined;
  const facts = factsOf(client);
  if (Object.hasOwn(entraFailures, code)) {
    return knownError(entraFailures, code as keyof typeof entraFailures, facts, { answer });
  }
  if (temporary.has(code)) return knownError(entraFailures, "entra-temporary", { ...facts, code }, { answer });
  if (issuerUnreached.has(code)) return knownError(entraFailures, "entra-issuer", { ...facts, code }, { answer });
  const quote = /AADSTS\d+: .*?(?= Trace ID|\r|\n|$)/.exec(message)?.[0] ?? code;
  const correlation = /Correlation ID: ([\w-]+)/.exec(message);
  const words = shorten(quote, 500).replace(/\.$/, "") + (correlation ? ` (correlation ID ${correlation[1]})` : "");
  return knownError(
    entraFailures,
    "entra-unknown-code",
    { ...facts, words, code: code.slice("AADSTS".length) },
    { answer },
  );
}

/** The error for an answer of Entra that contains neither a token nor a code. */
export function unknownAnswer(text: string, answer: string, client: Client): UserError {
  const facts = factsOf(client);
  const code = temporaryCode(text);
  return code === undefined
    ? knownError(entraFailures, "entra-status", { ...facts, words: shorten(answer, 500) }, { answer })
    : knownError(entraFailures, "entra-temporary", { ...facts, code }, { answer });
}

function factsOf({ tenantId, authority }: Client) {
  return { host: new URL(authority).host, tenant: tenantId };
}
