import { type Facts, knownError } from "../../failures/failure.ts";
import { workspaceFailures } from "../../failures/workspace.ts";
import { textOf } from "../../pipeline/json.ts";
import { isTemporary, unreachable } from "../../pipeline/service-errors.ts";
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
  const asked = { host: connection.host, clientId: clientId ?? "of the connection", setting };
  try {
    // Not through the SDK: parsing it takes longer than this request, and not every task needs it for anything else.
    const user = await callWorkspace(connection, { method: "GET", path: "/api/2.0/preview/scim/v2/Me" });
    const userName = textOf(user["userName"]);
    if (userName === undefined) throw new WorkspaceError(200, "", true);
    if (user["active"] === false) {
      const answer = "200: active is false";
      throw knownError(workspaceFailures, "inactive-principal", { ...asked, words: answer }, { answer });
    }
    return { userName, displayName: textOf(user["displayName"]) ?? userName };
  } catch (error) {
    throw explained(error, asked);
  }
}

/** What the messages contain. */
interface Asked {
  readonly host: string;
  readonly clientId: string;
  /** Where the address comes from. */
  readonly setting: string;
}

function explained(error: unknown, asked: Asked): unknown {
  if (!(error instanceof WorkspaceError)) {
    return unreachable(error, `The workspace ${asked.host} cannot be reached`, "workspace-not-reachable");
  }
  const { status, message, answer } = error;
  const title = pageTitle(answer);
  const [id, found] = refusalOf(error);
  const facts = {
    ...asked,
    status: String(status),
    words: message === "" ? String(status) : `${status}: ${message}`,
    title: title === "" ? "" : `. The page's title is "${title}"`,
    ...found,
  };
  return knownError(workspaceFailures, id, facts, { answer: error.text });
}

type WorkspaceFailure = keyof typeof workspaceFailures;

/** What an answer says counts more than its status and form: a gateway sends the same words as JSON, text or a page. */
const byWords = ["other-tenant", "private-link", "ip-access-list", "not-entitled", "inactive-principal"] as const;

/** The known failure, and the facts that only its pattern finds. */
function refusalOf({ status, message, isWebPage, answer }: WorkspaceError): [WorkspaceFailure, Facts?] {
  for (const id of byWords) {
    const match = workspaceFailures[id].pattern.exec(answer);
    if (match === null || (status < 400 && id !== "private-link")) continue;
    // A page has no message.
    const words = message === "" ? { words: `${status}: ${match[0]}` } : {};
    return [id, { ...words, ...match.groups }];
  }
  if (isWebPage) return [workspaceFailures["sign-in-page"].pattern.test(answer) ? "sign-in-page" : "web-page"];
  const isUnknown = status === 400 && workspaceFailures["not-a-member"].pattern.test(answer);
  if (status === 401 || status === 403 || isUnknown) return ["not-a-member"];
  return [isTemporary(status) ? "workspace-unavailable" : "workspace-status"];
}
