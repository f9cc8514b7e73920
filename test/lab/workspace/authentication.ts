import { createHash, randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import { type Caller, jsonReply, type Reply } from "./exchange.ts";

/** The verdict of the lab's Entra on an access token. */
export type TokenVerdict =
  | { ok: true; subject: string /* application id */ }
  | { ok: false; reason: "malformed" | "signature" | "expired" | "audience" };

/** The caller of a request, and the reply that refuses it, if any. `tokenId` is the SHA-256 of its bearer token. */
export type Authentication =
  | { caller: Caller; tokenId: string; refusal?: never }
  | { caller?: Caller; tokenId?: string; refusal: Reply };

/** A service principal in a workspace. */
export interface Member {
  readonly displayName: string;
  /** Whether it has the entitlement workspace-access. */
  readonly isEntitled: boolean;
}

/** What authentication needs from a workspace. */
export interface Doorkeeper {
  readonly id: string;
  /** The service principals, by application id in lower case. */
  readonly members: ReadonlyMap<string, Member>;
  verifyToken(token: string): Promise<TokenVerdict>;
}

/** The resource that Azure Databricks is in Entra: https://learn.microsoft.com/azure/databricks/dev-tools/auth */
const azureDatabricks = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";

/** Checks a request's bearer token and that its service principal is in the workspace. */
export async function authenticate(authorization: string | undefined, workspace: Doorkeeper): Promise<Authentication> {
  const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) return { refusal: unauthenticated() };
  const tokenId = createHash("sha256").update(token).digest("hex");
  const verdict = await workspace.verifyToken(token);
  if (!verdict.ok) return { tokenId, refusal: refused(verdict.reason, token) };
  const member = workspace.members.get(verdict.subject.toLowerCase());
  const caller = { applicationId: verdict.subject, displayName: member?.displayName ?? "" };
  if (member === undefined) return { tokenId, caller, refusal: notInWorkspace(workspace.id) };
  return member.isEntitled ? { tokenId, caller } : { tokenId, caller, refusal: notEntitled() };
}

function refused(reason: "malformed" | "signature" | "expired" | "audience", token: string): Reply {
  switch (reason) {
    case "malformed":
      return unauthenticated();
    case "audience":
      return wrongAudience(token);
    default:
      return jsonReply(403, { error_code: 403, message: `Invalid access token. [ReqId: ${randomUUID()}]` });
  }
}

function unauthenticated(): Reply {
  const message = "Credential was not sent or was of an unsupported type for this API.";
  return jsonReply(401, { error_code: 401, message: `${message} [ReqId: ${randomUUID()}]` });
}

/** As reported in https://github.com/MicrosoftDocs/azure-docs/issues/85703 */
function wrongAudience(token: string): Reply {
  const expected = `Expected aud claim to be: ${azureDatabricks}, but was: ${audienceOf(token)}.`;
  return jsonReply(400, { error_code: "400", message: `io.jsonwebtoken.IncorrectClaimException: ${expected}` });
}

/** As reported in https://github.com/databricks/terraform-provider-databricks/issues/2715 */
function notInWorkspace(id: string): Reply {
  return jsonReply(403, { error_code: "403", message: `Unauthorized access to Org: ${id}` });
}

/** What users quote, such as https://github.com/databricks/cli/issues/2921 for another right. */
function notEntitled(): Reply {
  const message = "This API is disabled for users without the workspace-access entitlement.";
  return jsonReply(403, { error_code: "PERMISSION_DENIED", message: `${message} [ReqId: ${randomUUID()}]` });
}

function audienceOf(token: string): string {
  try {
    return String(decodeJwt(token).aud);
  } catch {
    return "";
  }
}
