import { randomBytes, randomUUID } from "node:crypto";
import type { SigningKey } from "../signing-key.ts";
import {
  azureDevOpsApplicationId,
  azureDevOpsIssuer,
  federatedIdentity,
  type IssuerKind,
  type Organization,
  type RegisteredConnection,
} from "./service-connections.ts";

/** The audience of ID tokens, as federated credentials name it. */
const tokenExchangeAudience = "api://AzureADTokenExchange";

/** The same audience in tokens that Entra signs: the application id behind the URI. */
const tokenExchangeApplicationId = "fb60f99c-7a34-4190-8149-302f77469936";

/** The keys of both services that sign ID tokens. */
export type IssuerKeys = Record<IssuerKind, SigningKey>;

/** Signs the ID token for a service connection, or for the pipeline itself when there is none. */
export function signIdToken(
  keys: IssuerKeys,
  organization: Organization,
  connection: RegisteredConnection | undefined,
  lifetimeSeconds: number,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now, nbf: now, exp: now + lifetimeSeconds };
  if (!connection) return keys["azure-devops"].sign({ ...pipelineClaims(organization), ...times });
  return keys[connection.issuer].sign({ ...connectionClaims(organization, connection), ...times });
}

function connectionClaims(organization: Organization, connection: RegisteredConnection) {
  const { issuer: iss, subject: sub } = federatedIdentity(organization, connection);
  if (connection.issuer === "azure-devops") return { jti: randomUUID(), sub, aud: tokenExchangeAudience, iss };
  return {
    aud: tokenExchangeApplicationId,
    iss,
    azp: azureDevOpsApplicationId,
    azpacr: "2",
    idtyp: "app",
    sub,
    tid: connection.tenantId,
    uti: randomBytes(16).toString("base64url"),
    ver: "2.0",
  };
}

function pipelineClaims(organization: Organization) {
  return {
    jti: randomUUID(),
    sub: `p://${organization.name}/${organization.project.name}/deploy`,
    aud: tokenExchangeAudience,
    org_id: organization.id,
    prj_id: organization.project.id,
    def_id: "1",
    iss: azureDevOpsIssuer(organization),
  };
}

/** Job access tokens, accepted until they expire. */
export interface JobTokens {
  issue(expiresInSeconds: number): string;
  accepts(token: string): boolean;
}

/** Issues job access tokens shaped like the ones that agents get; their signature is never read. */
export function createJobTokens(): JobTokens {
  const expiries = new Map<string, number>();
  return {
    issue(expiresInSeconds) {
      const parts = [{ typ: "JWT", alg: "RS256", x5t: "TtxkkRN6g6ZbdVFhKPnAVs_ueiQ" }, jobClaims(expiresInSeconds)];
      const encoded = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
      const token = [...encoded, randomBytes(256).toString("base64url")].join(".");
      expiries.set(token, Date.now() + expiresInSeconds * 1000);
      return token;
    },
    accepts: (token) => (expiries.get(token) ?? 0) > Date.now(),
  };
}

function jobClaims(expiresInSeconds: number) {
  const now = Math.floor(Date.now() / 1000);
  return {
    nameid: randomUUID(),
    scp: "app_token",
    aui: randomUUID(),
    iss: "app.vstoken.visualstudio.com",
    aud: "app.vstoken.visualstudio.com|vso:contoso",
    nbf: now,
    exp: now + expiresInSeconds,
  };
}
