import { members, textOf } from "./json.ts";
import { type WorkspaceConnection, WorkspaceError, workspaceService } from "./workspace-client.ts";

export interface DeployLock {
  readonly user: string;
  readonly acquiredAt: Date;
}

/** The holder of a deployment's lock, from the CLI's error; several wordings exist (databricks/cli, libs/locker). */
export function parseLockError(text: string): DeployLock | undefined {
  const pattern =
    /deploy lock (?:force[- ])?acquired by (.+?) at (\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?([+-]\d\d):?(\d\d)/;
  const [, user, day, time, hours, minutes] = pattern.exec(text) ?? [];
  if (user === undefined) return undefined;
  return { user, acquiredAt: new Date(`${day}T${time}${hours}:${minutes}`) };
}

/**
 * Removes a lock that this step took: held by `user` and not older than `since`, by the clock of this machine, which also
 * dated the lock. Gives whether it did.
 */
export async function releaseOwnLock(
  workspace: WorkspaceConnection,
  statePath: string,
  own: { readonly user: string; readonly since: Date },
): Promise<boolean> {
  const file = `${statePath}/deploy.lock`;
  const files = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  try {
    const { content } = await files.export({ path: file, format: "AUTO" });
    const lock = members(JSON.parse(Buffer.from(content ?? "", "base64").toString("utf8")));
    const acquiredAt = new Date(textOf(lock["AcquisitionTime"]) ?? 0);
    const isOwn = textOf(lock["User"])?.toLowerCase() === own.user.toLowerCase() && acquiredAt >= own.since;
    if (isOwn) await files.delete({ path: file });
    return isOwn;
  } catch (error) {
    if (error instanceof WorkspaceError && error.status === 404) return false;
    throw error;
  }
}
