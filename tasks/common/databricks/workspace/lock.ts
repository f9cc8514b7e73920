import { members, textOf } from "../../pipeline/json.ts";
import { type WorkspaceConnection, WorkspaceError } from "./call.ts";
import { workspaceService } from "./client.ts";

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

/** What distinguishes this step's lock from the locks of other jobs, which may sign in as the same user. */
export interface OwnLock {
  readonly user: string;
  /** The CLI took the lock between these times, by the clock of this machine, which also dated the lock. */
  readonly since: Date;
  readonly until: Date;
  /** Whether the lock was to be taken by force. */
  readonly forced: boolean;
}

/** The clock may have been adjusted in the meantime. */
const clockSkewMs = 1_000;

/** Removes the lock at `statePath` if it is this step's own. Returns whether it did. */
export async function releaseOwnLock(
  workspace: WorkspaceConnection,
  statePath: string,
  own: OwnLock,
): Promise<boolean> {
  const file = `${statePath}/deploy.lock`;
  const files = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  try {
    const { content } = await files.export({ path: file, format: "AUTO" });
    const lock = members(JSON.parse(Buffer.from(content ?? "", "base64").toString("utf8")));
    if (!isOwn(lock, own)) return false;
    await files.delete({ path: file });
    return true;
  } catch (error) {
    if (error instanceof WorkspaceError && error.status === 404) return false;
    throw error;
  }
}

function isOwn(lock: Readonly<Record<string, unknown>>, { user, since, until, forced }: OwnLock): boolean {
  const acquiredAt = Date.parse(textOf(lock["AcquisitionTime"]) ?? "");
  return (
    textOf(lock["User"])?.toLowerCase() === user.toLowerCase() &&
    (lock["IsForced"] === true) === forced &&
    acquiredAt >= since.getTime() - clockSkewMs &&
    acquiredAt <= until.getTime() + clockSkewMs
  );
}
