import { debug, registerSecret } from "../pipeline/commands.ts";
import type { Http } from "../pipeline/http.ts";
import type { AccessToken } from "./access-token.ts";
import { type EntraClient, exchangeForAccessToken } from "./entra.ts";
import { type IdTokenRequest, requestIdToken } from "./id-token.ts";

/** Gets a new access token through a service connection: a fresh ID token each time, both hidden from the log at once. */
export async function federatedAccessToken(
  http: Http,
  request: IdTokenRequest,
  connection: EntraClient & { readonly id: string },
): Promise<AccessToken> {
  const idToken = await requestIdToken(http, request, connection.id);
  registerSecret(idToken);
  const token = await exchangeForAccessToken(http, connection, idToken);
  registerSecret(token.value);
  debug(`Entra issued an access token that is valid until ${new Date(token.expiresAt).toISOString()}.`);
  return token;
}
