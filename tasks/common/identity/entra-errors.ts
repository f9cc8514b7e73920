import { type TroubleshootingSection, UserError } from "../pipeline/errors.ts";

interface Refusal {
  readonly why: string;
  readonly hint: string;
  readonly section: TroubleshootingSection;
}

/** What Entra's codes mean for a service connection, and what mends it. Codes: Microsoft Entra error reference. */
const refusals: Readonly<Record<string, Refusal>> = {
  "70021": noFederatedCredential("no federated credential matches the ID token"),
  "70025": noFederatedCredential("the application has no federated credential at all"),
  "700211": noFederatedCredential("no federated credential names the issuer of the ID token"),
  "700212": noFederatedCredential("no federated credential names the audience api://AzureADTokenExchange"),
  "700213": noFederatedCredential("no federated credential names the subject of the ID token"),
  "7002138": noFederatedCredential("the subject of the federated credential differs from the ID token's in case"),
  "700016": {
    why: "the tenant does not know the application of the service connection",
    hint: "Check client id and tenant id of the connection; the application may have been deleted or belong elsewhere.",
    section: "application-not-found",
  },
  "90002": {
    why: "there is no such tenant",
    hint: "Check the tenant id of the service connection, and that it names the right cloud.",
    section: "application-not-found",
  },
  "700024": {
    why: "the ID token is outside its time of validity",
    hint: "Check the clock of this agent, and run the step again.",
    section: "entra",
  },
  "7000215": {
    why: "its secret is wrong",
    hint: "Convert the connection to workload identity federation (one click under Project settings > Service connections), or give it a new secret.",
    section: "connection-secret",
  },
  "7000222": {
    why: "its secret has expired",
    hint: "Convert the connection to workload identity federation (one click under Project settings > Service connections), or give it a new secret.",
    section: "connection-secret",
  },
  "700027": {
    why: "the application does not know its certificate",
    hint: "Convert the connection to workload identity federation (one click under Project settings > Service connections), or upload the certificate.",
    section: "connection-secret",
  },
  "500011": {
    why: "the tenant does not know Azure Databricks",
    hint: "Use the tenant of the workspace; Azure Databricks is known in a tenant once a workspace was made there.",
    section: "databricks-not-in-tenant",
  },
  "53003": {
    why: "a Conditional Access policy for workload identities blocks the sign-in",
    hint: "Ask your Entra administrator to allow this application from this agent's network.",
    section: "conditional-access",
  },
};

function noFederatedCredential(why: string): Refusal {
  return {
    why,
    hint:
      "Add one to the app registration or managed identity, with the issuer and subject that the connection shows under " +
      "Project settings > Service connections (this log masks them). A new one can take some minutes to be known.",
    section: "federated-credential",
  };
}

/** Reads the AADSTS code in an Entra message; undefined when there is none. */
export function entraRefusal(message: string, client: { tenantId: string; authority: string }): UserError | undefined {
  const code = /AADSTS(\d+)/.exec(message)?.[1];
  if (!code) return undefined;
  const host = new URL(client.authority).host;
  const known = refusals[code];
  if (known) {
    return new UserError(
      `Entra (${host}, tenant ${client.tenantId}) refused the service connection: ${known.why} (AADSTS${code}).`,
      { hint: known.hint, section: known.section },
    );
  }
  const said = /AADSTS\d+: .*?(?= Trace ID|\r|\n|$)/.exec(message)?.[0] ?? `AADSTS${code}`;
  return new UserError(`Entra (${host}, tenant ${client.tenantId}) refused the service connection: ${said}`, {
    hint: "The code is explained at login.microsoftonline.com/error.",
    section: "entra",
  });
}
