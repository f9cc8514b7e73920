import { type TroubleshootingSection, UserError } from "../pipeline/errors.ts";
import { parsedMembers } from "../pipeline/json.ts";

interface Refusal {
  readonly why: string;
  readonly hint: string;
  readonly section: TroubleshootingSection;
}

/** Where the reader finds what this log masks. */
export const whereIdentifiers =
  "see the set-up report on the run page, or the connection under Project settings > Service connections";

/** What Entra's codes mean for a service connection, and the fix for each. Codes: Microsoft Entra error reference. */
const refusals: Readonly<Record<string, Refusal>> = {
  "70021": noFederatedCredential("no federated credential matches the ID token"),
  "70025": noFederatedCredential("the application does not have a federated credential"),
  "700211": noFederatedCredential("no federated credential has the issuer of the ID token"),
  "700212": noFederatedCredential("no federated credential has the audience api://AzureADTokenExchange"),
  "700213": noFederatedCredential("no federated credential has the subject of the ID token"),
  "7002138": noFederatedCredential(
    "the subject of the federated credential differs from the subject of the ID token in upper and lower case",
  ),
  "700016": {
    why: "the application of the service connection does not exist in the tenant",
    hint:
      "Check the client ID and tenant ID of the connection. The application may have been deleted, or may be " +
      "in another tenant.",
    section: "application-not-found",
  },
  "90002": {
    why: "the tenant does not exist",
    hint: "Check the tenant ID of the service connection, and that the connection is for the right cloud.",
    section: "application-not-found",
  },
  "700024": {
    why: "the ID token has expired or is not valid yet",
    hint: "Check the clock of this agent, and run the step again.",
    section: "entra",
  },
  "7000215": {
    why: "its secret is wrong",
    hint: convertOr("set a new secret in it"),
    section: "connection-secret",
  },
  "7000222": {
    why: "its secret has expired",
    hint: convertOr("set a new secret in it"),
    section: "connection-secret",
  },
  "700027": {
    why: "its certificate is not registered for the application",
    hint: convertOr("upload the certificate to the app registration"),
    section: "connection-secret",
  },
  "500011": {
    why: "Azure Databricks is not registered in the tenant",
    hint:
      "Use the tenant of the workspace. Azure Databricks is registered in a tenant when the first workspace is " +
      "created there.",
    section: "databricks-not-in-tenant",
  },
  "53003": {
    why: "a Conditional Access policy for workload identities blocks the sign-in",
    hint: "Ask your Entra administrator to allow this application from this agent's network.",
    section: "conditional-access",
  },
};

/** Codes that Microsoft's reference calls retryable or temporary. They also come with a status of 400. */
const temporary = new Set(["50033", "90006", "90012", "90024", "90033", "90090"]);

/** Why the same request can succeed a moment later, as Entra's answer says; undefined for every other answer. */
export function temporaryRefusal(answer: string): string | undefined {
  const code = /AADSTS(\d+)/.exec(answer)?.[1];
  if (code !== undefined && temporary.has(code)) return `Entra reports a temporary problem (AADSTS${code})`;
  const isUnavailable = parsedMembers(answer)["error"] === "temporarily_unavailable";
  return isUnavailable ? "Entra reports a temporary problem (temporarily_unavailable)" : undefined;
}

function noFederatedCredential(why: string): Refusal {
  return {
    why,
    hint:
      "Add a federated credential to the app registration or managed identity, with the issuer, subject and audience of " +
      `the connection (${whereIdentifiers}). It can take a few minutes to take effect.`,
    section: "federated-credential",
  };
}

function convertOr(otherAction: string): string {
  const convert = "Project settings > Service connections > Convert";
  return `Convert the connection to workload identity federation (${convert}), or ${otherAction}.`;
}

/** Reads the AADSTS code in an Entra message; undefined when there is none. `answer` is what Entra answered in full. */
export function entraRefusal(
  message: string,
  client: { tenantId: string; authority: string },
  answer = message,
): UserError | undefined {
  const code = /AADSTS(\d+)/.exec(message)?.[1];
  if (!code) return undefined;
  const host = new URL(client.authority).host;
  const known = refusals[code];
  if (known) {
    return new UserError(
      `Entra (${host}, tenant ${client.tenantId}) refused the service connection: ${known.why} (AADSTS${code}).`,
      { hint: known.hint, section: known.section, answer },
    );
  }
  if (temporary.has(code)) {
    return new UserError(
      `Entra (${host}, tenant ${client.tenantId}) could not issue an access token: it reports a temporary problem ` +
        `(AADSTS${code}).`,
      { hint: "Run the step again. If the error remains, check https://status.azure.com.", section: "entra", answer },
    );
  }
  const quote = /AADSTS\d+: .*?(?= Trace ID|\r|\n|$)/.exec(message)?.[0] ?? `AADSTS${code}`;
  const correlation = /Correlation ID: ([\w-]+)/.exec(message);
  const words = correlation ? `${quote} (correlation ID ${correlation[1]})` : quote;
  return new UserError(`Entra (${host}, tenant ${client.tenantId}) refused the service connection: ${words}`, {
    hint: `Look up the code at https://login.microsoftonline.com/error?code=${code}.`,
    section: "entra",
    answer,
  });
}
