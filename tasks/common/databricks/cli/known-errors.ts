/**
 * Errors of the CLI that the tasks explain. Each pattern is looked for in one `Error:` block, as it was printed; its
 * groups are the facts that an explanation names.
 */
export const knownErrors = {
  /** [required, current] (databricks/cli, bundle/config/mutator/verify_cli_version.go) */
  unmetVersionConstraint: /CLI version constraint not satisfied\. Required: (.+?), current: (\S+)/,
  /** [command, flag]: one that this version of the CLI does not have. */
  unknownCommandOrFlag: /unknown command "([^"]+)" for "databricks|unknown (?:shorthand )?flag: (?:'.' in )?(-\S+)/,
  /** [host of the profile, host of the bundle]. Current versions write a typographic apostrophe, older ones a plain one. */
  hostMismatch: /the host in the profile \((.+?)\) doesn.t match the host configured in the bundle \((.+?)\)/,
  /** A request, of the CLI or of what it starts, that had no token. */
  noToken: /failed during request visitor|metadata-service|default auth:|cannot configure default credentials/,
  /** The profile names no host, and neither does the bundle. */
  noHost: /metadata-service auth: not configured/,
  /** [auth_type]: the way to sign in that the CLI has tried. */
  signIn: /failed during request visitor: (\S+) auth:/,
  /** [user, date, time, hours and minutes of the time zone]; several wordings exist (databricks/cli, libs/locker). */
  deployLock:
    /deploy lock (?:force[- ])?acquired by (.+?) at (\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?([+-]\d\d):?(\d\d)/,
  /** A deploy that would lose data, without --auto-approve. */
  destructiveChanges: /requires destructive actions/,
  /** The state in the bundle's folder is that of another deployment than the one in the workspace. */
  lineageMismatch: /lineage mismatch in state files/,
  /** The workspace refused a request for lack of rights. */
  noPermission: /\bPERMISSION_DENIED\b|\(403\b|does not have permission|User does not have/i,
} as const;

/** When a lock was taken, from the groups of `deployLock` that follow its holder. */
export function lockTime([day, time, hours, minutes]: readonly (string | undefined)[]): Date {
  return new Date(`${day}T${time}${hours}:${minutes}`);
}
