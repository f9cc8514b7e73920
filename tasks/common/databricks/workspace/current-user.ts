import { UserError } from "../../pipeline/errors.ts";
import { textOf } from "../../pipeline/json.ts";
import { unreachable } from "../../pipeline/service-errors.ts";
import { callWorkspace, pageTitle, type WorkspaceConnection, WorkspaceError } from "./call.ts";

/** The caller as the workspace sees it. A service principal's user name is its application ID. */
export interface CurrentUser {
  readonly userName: string;
  readonly displayName: string;
}

/**
 * Asks the workspace for the current user. A wrong host, a blocked network or a missing membership fails here within
 * seconds; the CLI would retry silently for 15 minutes. `setting` is where the address comes from, for advice.
 */
export async function readCurrentUser(
  connection: WorkspaceConnection,
  clientId: string | undefined,
  setting = "workspaceUrl, or workspace.host of the bundle",
): Promise<CurrentUser> {
  try {
    // Not through the SDK: parsing it takes longer than this request, and not every task needs it for anything else.
    const user = await callWorkspace(connection, { method: "GET", path: "/api/2.0/preview/scim/v2/Me" });
    const userName = textOf(user["userName"]);
    if (userName === undefined) throw new WorkspaceError(200, "", true);
    return { userName, displayName: textOf(user["displayName"]) ?? userName };
  } catch (error) {
    throw explained(error, connection.host, clientId ?? "of the connection", setting);
  }
}

/** Refusals of an address, whatever the identity: IP access lists, and disabled public access. */
const blockedNetwork = /blocked by Databricks IP ACL|Unauthorized network access to workspace/i;

/** Where a workspace with Private Link sends agents outside its network (databricks-sdk-go: apierr). */
const privateLink = /private-link-validation-error/i;

/** The tenants in what a workspace says of a token from another tenant: the one that it expects, and the token's. */
const otherIssuer =
  /Expected iss claim to be:? *https:\/\/[\w.-]+\/([\w-]+)\S* but was:? *https:\/\/[\w.-]+\/([\w-]+)/i;

/** How workspaces refuse a token that is genuine, but not of one of their service principals. */
const unknownCaller = /Invalid access token/i;

function explained(error: unknown, host: string, clientId: string, setting: string): unknown {
  if (!(error instanceof WorkspaceError)) {
    return unreachable(error, `The workspace ${host} cannot be reached`, "workspace-not-reachable");
  }
  // What an answer says counts more than its status and form: a gateway sends the same words as JSON, text or a page.
  return (
    tenantRefusal(error, host, setting) ??
    networkRefusal(error, host) ??
    pageInstead(error, host, setting) ??
    callerRefusal(error, host, clientId) ??
    unexpectedStatus(error, host, setting)
  );
}

function detailOf({ message }: WorkspaceError): string {
  return message === "" ? "" : `: ${message}`;
}

function tenantRefusal(error: WorkspaceError, host: string, setting: string): UserError | undefined {
  const { status, answer } = error;
  const [, expected, given] = otherIssuer.exec(answer) ?? [];
  if (expected === undefined || given === undefined) return undefined;
  return new UserError(
    `The workspace ${host} belongs to another Entra tenant (${status}): it accepts tokens of the tenant ` +
      `${expected}, but the service connection is of the tenant ${given}.`,
    {
      hint: `Use a service connection whose application is in the tenant of the workspace, or correct ${setting}.`,
      section: "other-tenant",
      answer: error.text,
    },
  );
}

function networkRefusal(error: WorkspaceError, host: string): UserError | undefined {
  const { status, answer } = error;
  if (privateLink.test(answer)) {
    return new UserError(
      `The workspace ${host} uses Private Link, and does not allow access from this agent's network (${status}).`,
      {
        hint:
          "Use a self-hosted agent inside the network of the workspace. If this agent is inside, its DNS or its proxy " +
          "leads to the public address of the workspace instead of the private one.",
        section: "workspace-not-reachable",
        answer: error.text,
      },
    );
  }
  const refusal = status >= 400 ? blockedNetwork.exec(answer) : null;
  if (!refusal) return undefined;
  const detail = detailOf(error) || `: ${refusal[0]}`;
  return new UserError(`The workspace ${host} does not allow access from this agent's network (${status}${detail}).`, {
    hint:
      "Add the agent's IP address to the IP access list of the workspace. If public access is disabled " +
      "(Private Link), use a self-hosted agent inside the network of the workspace.",
    section: "workspace-not-reachable",
    answer: error.text,
  });
}

function pageInstead(error: WorkspaceError, host: string, setting: string): UserError | undefined {
  const { status, isWebPage, answer } = error;
  if (!isWebPage) return undefined;
  const title = pageTitle(answer);
  const about = title ? ` The page's title is "${title}".` : "";
  const isSignIn = /\/(login|signin|oidc|aad\/auth)|\bsign[ -]?in\b|\blog ?in\b/i.test(answer);
  const page = isSignIn ? "its sign-in page" : "a web page";
  return new UserError(`${host} returned ${page} (${status}) instead of a response of the Databricks API.${about}`, {
    hint: isSignIn
      ? `Check ${setting}: it is probably not the address of a workspace. A proxy can also answer with a sign-in page.`
      : `Check ${setting}, and whether a proxy answers in place of the workspace. A workspace with Private Link ` +
        "returns such a page to agents outside its network.",
    section: "workspace-not-reachable",
    answer: error.text,
  });
}

function callerRefusal(error: WorkspaceError, host: string, clientId: string): UserError | undefined {
  const { status, answer } = error;
  if (status !== 401 && status !== 403 && !(status === 400 && unknownCaller.test(answer))) return undefined;
  return new UserError(
    `The workspace ${host} denied access to the service principal ${clientId} (${status}${detailOf(error)}).`,
    {
      hint:
        "In the workspace, add the service principal of the connection under Settings > Identity and access > " +
        "Service principals, by its application ID (see the set-up report on the run page, or the connection under " +
        "Project settings > Service connections). The service principal must be in the tenant of the workspace.",
      section: "service-principal-not-in-workspace",
      answer: error.text,
    },
  );
}

function unexpectedStatus(error: WorkspaceError, host: string, setting: string): UserError {
  const { status } = error;
  return new UserError(
    `The workspace ${host} returned status ${status} when the task checked its identity${detailOf(error)}.`,
    {
      hint:
        status < 500
          ? `Check ${setting}.`
          : "Run the step again. If the error remains, check https://status.azuredatabricks.net.",
      section: "workspace-not-reachable",
      answer: error.text,
    },
  );
}
