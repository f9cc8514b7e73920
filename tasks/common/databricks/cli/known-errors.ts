/**
 * Errors of the CLI that the tasks explain. Each pattern is searched in one `Error:` block as printed; its groups are the
 * facts that an explanation needs.
 */
export const knownErrors = {
  /** [required, current] (databricks/cli, bundle/config/mutator/verify_cli_version.go) */
  unmetVersionConstraint: /CLI version constraint not satisfied\. Required: (.+?), current: (\S+)/,
  /** [command, flag]: the one that this version of the CLI does not support. */
  unknownCommandOrFlag: /unknown command "([^"]+)" for "databricks|unknown (?:shorthand )?flag: (?:'.' in )?(-\S+)/,
  /** [host of the profile, host of the bundle]. Current versions print a typographic apostrophe, older ones a plain one. */
  hostMismatch: /the host in the profile \((.+?)\) doesn.t match the host configured in the bundle \((.+?)\)/,
  /** A request without a token, by the CLI or a program that it starts. */
  noToken: /failed during request visitor|metadata-service|default auth:|cannot configure default credentials/,
  /** Neither the profile nor the bundle names a host. */
  noHost: /metadata-service auth: not configured/,
  /** [auth_type]: the way to sign in that the CLI has tried. */
  signIn: /failed during request visitor: (\S+) auth:/,
  /** [user, date, time, hours and minutes of the time zone]; several wordings exist (databricks/cli, libs/locker). */
  deployLock:
    /deploy lock (?:force[- ])?acquired by (.+?) at (\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?([+-]\d\d):?(\d\d)/,
  /** A deploy that would lose data, without --auto-approve. */
  destructiveChanges: /requires destructive actions/,
  /** The state in the bundle's folder belongs to another deployment than the one in the workspace. */
  lineageMismatch: /lineage mismatch in state files/,
  /** [version of the state, newest that this CLI reads] */
  newerState: /state version (\d+) is newer than supported version (\d+)/,
  /** [variable]: one without a value, which `--var` would give (databricks/cli, bundle/config/mutator/set_variables.go). */
  missingVariable: /no value assigned to required variable (\S+?)\.\s/,
  /** [variable]: one that holds more than a text, set from the environment (same source). */
  complexVariable: /setting via environment variables \(\S+\) is not supported for complex variable (\S+)/,
  /** The terraform engine needs a program that the agent cannot download. */
  terraformDownload: /error downloading Terraform/,
  /** [folder]: a Git submodule or worktree that the CLI cannot read (databricks/cli, libs/git/worktree.go). */
  gitFolder: /expected "commondir" file in worktree git folder at "([^"]+)"/,
  /** [path]: the caller may not write there (databricks/cli, libs/filer). */
  deniedPath: /\baccess denied: (\/\S+)/,
  /** [target, targets of the bundle] (databricks/cli, bundle/config/mutator/select_target.go) */
  noSuchTarget: /^(?:Error: )?(.+): no such target\. Available targets: (.+)/m,
  /** Several targets, none of which is the default (databricks/cli, bundle/config/mutator/select_default_target.go). */
  noDefaultTarget: /please specify target/,
  /** [host, cause]: a connection that the CLI cannot open (net/http: url.Error). */
  noConnection:
    /"https:\/\/([^/":]+)[^"]*": ((?:dial tcp|proxyconnect tcp)\b.*(?:no such host|connection refused|network is unreachable|i\/o timeout)|.*\bx509: .*|Proxy Authentication Required|Forbidden$)/m,
  /** [host]: one whose certificate the CLI does not trust; macOS has words of its own (Go: crypto/x509). */
  untrustedCertificate:
    /"https:\/\/([^/"\s]+)[^\n]*\bx509: (?:certificate signed by unknown authority|[^\n]*certificate is not trusted)/,
  /** [resource, cause]: one that is not in the state, but in the workspace (databricks/cli, bundle/direct). */
  alreadyExists: /cannot create resources\.(\w+\.[\w-]+): ([^\n]*\balready exists\b[^\n]*)/,
  /** The workspace refused a request for lack of rights. */
  noPermission: /\bPERMISSION_DENIED\b|\(403\b|does not have permission|User does not have/i,
} as const;

/** The time when a lock was taken, from the groups of `deployLock` after the user. */
export function lockTime([day, time, hours, minutes]: readonly (string | undefined)[]): Date {
  return new Date(`${day}T${time}${hours}:${minutes}`);
}
