import { addressText, type WorkspaceAddress } from "../databricks/workspace/address.ts";
import { readCurrentUser } from "../databricks/workspace/current-user.ts";
import { tokenClaims } from "../identity/jwt.ts";
import { print } from "../pipeline/commands.ts";
import type { Http } from "../pipeline/http.ts";
import type { StepIdentity } from "./identity.ts";
import { publishSetUpReport, type ShowPage } from "./set-up-report.ts";

/** The service principal that a step has signed in as. */
export interface Caller {
  /** Application ID; empty if neither the connection nor the token contains it. */
  readonly applicationId: string;
  /** The name that the workspace shows for it; undefined if it shows none, or was not asked. */
  readonly name: string | undefined;
}

/**
 * Gets the first token, and asks the workspace, if it is known, who the caller is. Throws a UserError for a wrong host, a
 * blocked network or a service principal that is not in the workspace, after it has shown the set-up report.
 * `show` shows the report. `setting` is where the address comes from.
 */
export async function signInAs(
  http: Http,
  identity: StepIdentity,
  workspace: WorkspaceAddress | undefined,
  show: ShowPage,
  setting?: string,
): Promise<Caller> {
  let isSignedIn = false;
  try {
    await identity.token();
    isSignedIn = true;
    return await callerOf(http, identity, workspace, setting);
  } catch (error) {
    await publishSetUpReport(show, identity, workspace, isSignedIn, error);
    throw error;
  }
}

async function callerOf(
  http: Http,
  { token, clientId }: StepIdentity,
  workspace: WorkspaceAddress | undefined,
  setting: string | undefined,
): Promise<Caller> {
  const { value } = await token();
  const applicationId = clientId ?? tokenClaims(value).applicationId;
  if (workspace === undefined) return { applicationId: applicationId ?? "", name: undefined };
  const user = await readCurrentUser({ ...workspace, http, token }, applicationId, setting);
  print(`Signed in to ${addressText(workspace)} as the service principal ${user.displayName}.`);
  const name = user.displayName === user.userName ? undefined : user.displayName;
  return { applicationId: applicationId ?? user.userName, name };
}
