import type { ClientProof } from "./access-tokens.ts";
import { type AssertionKeys, verifyAssertion } from "./assertion.ts";
import { isOwnAssertion, verifyOwnAssertion } from "./certificate.ts";
import { type Application, type Directory, directoryName } from "./directory.ts";
import { refusals } from "./errors.ts";

/** A token request that Entra grants. */
export interface Grant {
  readonly application: Application;
  readonly resource: string;
  readonly proof: ClientProof;
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Checks a client credentials request (RFC 6749 §4.4, RFC 7523 §2.2); throws the refusal. */
export async function checkTokenRequest(
  tenant: string,
  form: URLSearchParams,
  directory: Directory,
  keys: AssertionKeys,
): Promise<Grant> {
  directory.requireTenant(tenant);
  const grant = requireParameter(form, "grant_type");
  if (grant !== "client_credentials") throw refusals.unsupportedGrant(grant);
  const application = directory.requireApplication(tenant, requireParameter(form, "client_id"));
  const scope = requireParameter(form, "scope");
  if (!scope.endsWith("/.default")) throw refusals.invalidScope(scope);
  const proof = await requireProof(form, application, keys);
  if (application.blocked) throw application.blocked;
  const resource = scope.slice(0, -"/.default".length);
  if (!application.resources.includes(resource)) throw refusals.resourceNotFound(resource, directoryName);
  return { application, resource, proof };
}

async function requireProof(
  form: URLSearchParams,
  application: Application,
  keys: AssertionKeys,
): Promise<ClientProof> {
  const assertion = form.get("client_assertion");
  if (assertion) {
    if (requireParameter(form, "client_assertion_type") !== assertionType) throw refusals.malformedAssertion();
    await (isOwnAssertion(assertion, application)
      ? verifyOwnAssertion(assertion, application)
      : verifyAssertion(assertion, application, keys));
    return "assertion";
  }
  const secret = form.get("client_secret");
  if (!secret) throw refusals.missingCredential();
  if (secret !== application.secret) throw refusals.invalidSecret(application.clientId);
  return "secret";
}

function requireParameter(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (!value) throw refusals.missingParameter(name);
  return value;
}
