import { debug, registerSecret, warn } from "../pipeline/commands.ts";
import { UserError } from "../pipeline/errors.ts";
import type { Http } from "../pipeline/http.ts";
import type { FederatedConnection } from "../pipeline/service-connection.ts";
import { requestIdToken } from "./id-token.ts";
import { idTokenRequest, type JobIdentity } from "./id-token-address.ts";
import { tokenClaims } from "./jwt.ts";

/** Gives an ID token of the connection, a new one each time, hidden from the log before anything else is printed. */
export type IdTokenSource = () => Promise<string>;

/** Asks Azure DevOps each time; the token that came with the job serves only where that fails and while it lives. */
export function freshIdTokens(http: Http, job: JobIdentity, connection: FederatedConnection): IdTokenSource {
  const warnOnce = issuerWarning(connection);
  return async () => {
    const idToken = await newIdToken(http, job, connection);
    registerSecret(idToken);
    warnOnce(idToken);
    return idToken;
  };
}

async function newIdToken(http: Http, job: JobIdentity, connection: FederatedConnection): Promise<string> {
  try {
    return await requestIdToken(http, idTokenRequest(job), connection.id);
  } catch (error) {
    const { lateBoundIdToken } = connection;
    if (!(error instanceof UserError) || !lateBoundIdToken || isExpired(lateBoundIdToken)) throw error;
    debug(`${error.message} The ID token that came with the job is used.`);
    return lateBoundIdToken;
  }
}

function isExpired(idToken: string): boolean {
  return (tokenClaims(idToken).expiresAt ?? 0) <= Date.now();
}

/** Azure DevOps as issuer ends in the public cloud; the others stay on it (Azure DevOps: convert service connections). */
function issuerWarning({ cloud }: FederatedConnection): (idToken: string) => void {
  let warned = cloud !== "AzureCloud";
  return (idToken) => {
    if (warned || !tokenClaims(idToken).issuer?.startsWith("https://vstoken.dev.azure.com/")) return;
    warned = true;
    warn(
      "The service connection's ID tokens are issued by Azure DevOps (vstoken.dev.azure.com), which ends on 2027-07-01. " +
        "Open the connection under Project settings > Service connections and convert it to the Entra issuer; this step works on unchanged.",
    );
  };
}
