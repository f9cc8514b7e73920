import type { KnownFailures } from "./failure.ts";

const addInstaller = 'Add the step "- task: DatabricksCliInstaller@1" before this one.';

/**
 * Errors of the CLI that the deploy task explains, in the order in which they are tried. Each pattern is searched in one
 * `Error:` block as printed.
 */
export const cliFailures = {
  "version-constraint": {
    section: "cli-version",
    seen: "CLI version constraint not satisfied",
    // databricks/cli, bundle/config/mutator/verify_cli_version.go
    pattern: /CLI version constraint not satisfied\. Required: (?<required>.+?), current: (?<current>\S+)/,
    what: "The bundle requires Databricks CLI {required}, but this agent has {current}",
    action:
      "Before this step, add DatabricksCliInstaller@1 with version: bundle and the workingDirectory of this step.",
  },
  "cli-too-old": {
    section: "cli-version",
    seen: "unknown command, unknown flag",
    // The command or flag that this version of the CLI does not support.
    pattern:
      /unknown command "(?<command>[^"]+)" for "databricks|unknown (?:shorthand )?flag: (?:'.' in )?(?<flag>-\S+)/,
    what: "The Databricks CLI on this agent {which}, but this task needs version {oldest} or later",
    action: addInstaller,
  },
  "host-mismatch": {
    section: "wrong-host",
    seen: "the host in the profile … doesn't match the host configured in the bundle",
    // Current versions print a typographic apostrophe, older ones a plain one.
    pattern:
      /the host in the profile \((?<profile>.+?)\) doesn.t match the host configured in the bundle \((?<asked>.+?)\)/,
    what: "The bundle target points to {asked}, but the step's workspaceUrl is {host}. No token was sent",
    action:
      "Set workspaceUrl and the bundle's workspace.host to the same address, or remove workspace.host from the bundle.",
  },
  "host-upper-case": {
    section: "wrong-host",
    seen: "workspace.host in upper case",
    what: "The bundle target points to {asked}, but the step's workspaceUrl is {host}. No token was sent",
    action:
      "They differ only in upper and lower case, but the CLI treats them as different hosts. Write workspace.host in lowercase.",
  },
  "host-not-allowed": {
    section: "wrong-host",
    seen: "workspace.host of the bundle, if workspaceUrl is empty",
    what: "The bundle target points to {asked}, but that is not a workspace in the cloud of the service connection. No token was sent",
    action:
      "Set workspace.host in the bundle to the address of the workspace as a browser shows it, or remove it and set workspaceUrl.",
  },
  "no-host": {
    section: "wrong-host",
    seen: "metadata-service auth: not configured",
    // Neither the profile nor the bundle names a host.
    pattern: /metadata-service auth: not configured/,
    what: "No workspace is specified",
    cause: "workspaceUrl is empty, and neither the bundle nor {target} sets workspace.host",
    action: "Set workspaceUrl, or set workspace.host in the bundle target.",
  },
  "other-authentication": {
    section: "bundle-authentication",
    seen: "failed during request visitor: … auth",
    // The way to sign in that the CLI has tried.
    pattern: /failed during request visitor: (?<authType>\S+) auth:/,
    what: "The bundle sets its own authentication ({authType}), which bypasses the service connection",
    action:
      'Remove the line "auth_type: {authType}" from workspace in the bundle. If only another target sets it, set the input target to the bundle target that you want.',
  },
  "deploy-lock": {
    section: "deploy-lock",
    seen: "deploy lock acquired by …",
    // Several wordings exist (databricks/cli, libs/locker).
    pattern:
      /deploy lock (?:force[- ])?acquired by (?<user>.+?) at (?<day>\d{4}-\d\d-\d\d)[ T](?<time>\d\d:\d\d:\d\d)(?:\.\d+)? ?(?<hours>[+-]\d\d):?(?<minutes>\d\d)/,
    what: "The deployment of this target has been locked by {lock}",
    action:
      "If that deployment is still running, wait until it ends. To let this step wait for it, set lockTimeoutInMinutes. If it was canceled or its agent was lost, run this step once with forceLock: true.",
  },
  "deploy-lock-running": {
    section: "deploy-lock",
    seen: "a lock note of a pipeline run that is not over",
    what: "The deployment of this target has been locked by {lock}. {job} took the lock and is still running",
    action:
      "Wait until it ends. To let this step wait for it, set lockTimeoutInMinutes. If it no longer deploys, run this step once with forceLock: true.{link}",
  },
  "deploy-lock-unknown": {
    section: "deploy-lock",
    seen: "a lock note of a pipeline run that Azure DevOps does not show",
    what: "The deployment of this target has been locked by {lock}. {job} took the lock. It is unknown whether it is over: {reason}",
    action:
      "If it is still running, wait until it ends. To let this step wait for it, set lockTimeoutInMinutes. If it is over, run this step once with forceLock: true.{link}",
  },
  "deploy-lock-taken": {
    section: "deploy-lock",
    seen: "deploy lock acquired by …, with forceLock: true",
    what: "The deployment of this target has been locked by {lock}",
    action: "Another deployment took the lock in the meantime. Run only one deployment of this target at a time.",
  },
  "deploy-lock-unreadable": {
    section: "deploy-lock",
    seen: "Failed to acquire deployment lock: …, with an error of JSON or without a user",
    // The CLI itself always writes a whole lock (databricks/cli, libs/locker).
    pattern:
      /Failed to acquire deployment lock: (?:unexpected end of JSON|invalid character|json: |deploy lock (?:force[- ])?acquired by {2}at )/,
    what: "The deployment of this target is locked by a file deploy.lock in the bundle's state folder that is not a lock of the CLI",
    action:
      "Find out who has changed the file. If no other deployment of this target is running, run this step once with forceLock: true, which replaces the file.",
  },
  "deploy-lock-gone": {
    section: "deploy-lock",
    seen: "no active lock on target dir, Path (…/deploy.lock) doesn't exist",
    // Between the CLI's attempt to write the lock and its look at whose lock it is (databricks/cli, libs/locker). It takes one of
    // the two answers for a lack of permissions (bundle/deploy/lock/acquire.go). At the end of a deployment, the release of its own
    // lock can fail with the same words.
    pattern:
      /(?<!lock is not held: )(?<gone>no active lock on target dir|Path \([^)\n]*\/deploy\.lock\) doesn't exist)|encountered possible permission error: |\bunable to deploy to \//,
    what: "Another deployment of this target released its lock while the CLI was reading it",
    action: "Run the step again.",
  },
  "destructive-changes": {
    section: "destructive-changes",
    seen: "requires destructive actions",
    // A deploy that would lose data, without --auto-approve.
    pattern: /requires destructive actions/,
    what: "No resource was changed, because the deployment would {actions}",
    action: "This can delete data. To allow it, set autoApprove: true for this deployment.",
  },
  "stale-state": {
    section: "stale-state",
    seen: "lineage mismatch in state files",
    // The state in the bundle's folder belongs to another deployment than the one in the workspace.
    pattern: /lineage mismatch in state files/,
    what: "The local state of the bundle on this agent belongs to a different deployment than the one in the workspace. The bundle was probably destroyed and deployed again from another place",
    action: "Delete the folder .databricks next to databricks.yml on this agent, or check out with clean: true.",
  },
  "stale-log": {
    section: "stale-state",
    seen: "WAL recovery failed",
    // The log in the bundle's folder does not follow the state (databricks/cli, bundle/direct/dstate/state.go).
    pattern: /WAL recovery failed: (?<words>WAL (?:lineage|serial)[^\n]*)/,
    what: "This agent has the log of an interrupted deployment, which does not belong to the state of the bundle: {words}",
    action:
      "Run command: deploy on this agent, which removes the log. Or delete the folder .databricks next to databricks.yml there.",
  },
  "newer-state": {
    section: "cli-version",
    seen: "state version … is newer than supported version",
    pattern: /state version (?<state>\d+) is newer than supported version \d+/,
    what: "The bundle was last deployed with a newer Databricks CLI: this one cannot read version {state} of its state",
    action: "Install a newer version with DatabricksCliInstaller@1, at least the one that deployed the bundle last.",
  },
  "already-exists": {
    section: "deploy-failed",
    seen: "cannot create resources. … already exists",
    // One that is not in the state, but in the workspace (databricks/cli, bundle/direct).
    pattern: /cannot create resources\.(?<key>\w+\.[\w-]+): (?<words>[^\n]*\balready exists\b[^\n]*)/,
    what: "The workspace already contains {resources}, which does not belong to this deployment: {words}",
    action:
      "If a deploy created it and was then lost, or if the bundle should manage it, run once: databricks bundle deployment bind {name} <ID of the resource>. Otherwise, choose another name in the bundle.",
  },
  "missing-variable": {
    section: "inputs",
    seen: "no value assigned to required variable",
    // One without a value, which `--var` would give (databricks/cli, bundle/config/mutator/set_variables.go).
    pattern: /no value assigned to required variable (?<name>\S+?)\.\s/,
    what: "The bundle variable {name} has no value{others}",
    action: "Set it in the input variables, one {name}=value per line, or give it a default in the bundle.",
  },
  "complex-variable": {
    section: "inputs",
    seen: "setting via environment variables … is not supported for complex variable",
    // One that holds more than a text, set from the environment (same source).
    pattern: /setting via environment variables \(\S+\) is not supported for complex variable (?<name>\S+)/,
    what: 'The bundle variable {name} is a complex variable. The input "variables" and BUNDLE_VAR_{name} can contain only text',
    action:
      'Write {"{name}": …} to .databricks/bundle/<target>/variable-overrides.json in the bundle\'s folder before this step, or set its value in the bundle target.',
  },
  "no-target": {
    section: "inputs",
    seen: "no such target",
    // databricks/cli, bundle/config/mutator/select_target.go
    pattern: /^(?:Error: )?(?<target>.+): no such target\. Available targets: (?<targets>.+)/m,
    what: "The bundle has no target {target}. Its targets: {targets}",
    action:
      "Correct the input target or, if it is empty, the variable DATABRICKS_BUNDLE_TARGET. Upper and lower case must match.",
  },
  "no-default-target": {
    section: "inputs",
    seen: "please specify target",
    // databricks/cli, bundle/config/mutator/select_default_target.go
    pattern: /please specify target/,
    what: "The bundle has several targets and no default target, and the input target is empty",
    action: "Set the input target, or set default: true in one target of the bundle.",
  },
  "terraform-key": {
    section: "deploy-failed",
    seen: "unable to verify checksums signature, openpgp: key expired",
    // Versions of the CLI that contain HashiCorp's key that expired on 2026-04-18 (github.com/databricks/cli/issues/5022).
    pattern: /error downloading Terraform: [^\n]*(?:checksums signature|openpgp)/,
    what: "The Databricks CLI on this agent cannot verify Terraform, which deploys this bundle: the key of HashiCorp that it contains has expired",
    action:
      "Install a newer version with DatabricksCliInstaller@1, such as version: 1.x, or use the direct engine (bundle.engine: direct, CLI 1.3 or later).",
  },
  "terraform-download": {
    section: "deploy-failed",
    seen: "error downloading Terraform",
    // The terraform engine needs a program that the agent cannot download.
    pattern: /error downloading Terraform/,
    what: "The Databricks CLI could not download Terraform, which deploys this bundle",
    action:
      "Use the direct engine (bundle.engine: direct, CLI 1.3 or later), or install Terraform on the agent and set DATABRICKS_TF_EXEC_PATH, DATABRICKS_TF_VERSION and DATABRICKS_TF_CLI_CONFIG_FILE.",
  },
  "fips-handshake": {
    section: "network",
    seen: "tls: handshake failure, tls: no supported versions satisfy",
    // From 1.13, the CLI uses only ciphers that FIPS 140-3 allows (databricks/cli, .goreleaser.yaml; Go: crypto/tls/alert.go).
    pattern:
      /"https:\/\/(?<host>[^/"\s]+)[^\n]*(?<words>(?:remote error: )?tls: (?:handshake failure|protocol version not supported|no cipher suite supported[^\n]*|no supported versions satisfy[^\n]*))/,
    what: "The Databricks CLI and {host} have no TLS cipher in common ({words})",
    cause:
      "from version 1.13, the CLI accepts only the ciphers of FIPS 140-3, and a proxy that inspects TLS probably offers only others",
    action:
      "Let the proxy offer TLS 1.2 with AES-GCM or TLS 1.3, or set GODEBUG: fips140=off in env of this step, which lets the CLI use others.",
  },
  "untrusted-certificate": {
    section: "network",
    seen: "x509: certificate signed by unknown authority",
    // macOS has words of its own (Go: crypto/x509).
    pattern:
      /"https:\/\/(?<host>[^/"\s]+)[^\n]*\bx509: (?:certificate signed by unknown authority|[^\n]*certificate is not trusted)/,
    what: "The Databricks CLI does not trust the certificate of {host}. The answer probably came from a proxy that inspects TLS",
    action: "Configure the agent with the CA of the proxy (config.sh --sslcacert).",
  },
  "untrusted-certificate-windows": {
    section: "network",
    seen: "the same on Windows",
    what: "The Databricks CLI does not trust the certificate of {host}. On Windows, the CLI trusts only the certificate authorities in the machine's trust store",
    action:
      "Import the agent's CA there, as an administrator on the agent: certutil -addstore Root <file of the CA>. In a domain, a group policy can do it (Public Key Policies, Trusted Root Certification Authorities).",
  },
  "untrusted-certificate-macos": {
    section: "network",
    seen: "the same on macOS",
    what: "The Databricks CLI does not trust the certificate of {host}. On macOS, the CLI trusts only the certificate authorities in the system's keychain",
    action:
      "Import the agent's CA there: sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain <file of the CA>.",
  },
  "no-connection": {
    section: "network",
    seen: "dial tcp, proxyconnect tcp, x509, Proxy Authentication Required",
    // A connection that the CLI cannot open (net/http: url.Error).
    pattern:
      /"https:\/\/(?<host>[^/":]+)[^"]*": (?<words>(?:dial tcp|proxyconnect tcp)\b.*(?:no such host|connection refused|network is unreachable|i\/o timeout)|.*\bx509: .*|Proxy Authentication Required|Forbidden$)/m,
    what: "The CLI cannot reach {host}, although this task can: {words}",
    action:
      "Check HTTPS_PROXY and NO_PROXY of this job, and that the machine trusts the certificate authority of a proxy that inspects TLS.",
  },
  "interrupted-connection": {
    section: "network",
    seen: "EOF, connection reset by peer, Bad Gateway, context deadline exceeded",
    // A connection that ends in the middle, and the reason phrase with which a proxy does not connect (net/http: url.Error).
    pattern:
      /"https:\/\/(?<host>[^/":]+)[^"]*": (?<words>(?:unexpected )?EOF|.*\b(?:connection reset by peer|broken pipe|context deadline exceeded.*|Client\.Timeout exceeded.*)|[A-Z][a-z]+(?: [A-Z][a-z]+){0,4})$/m,
    what: "The connection of the CLI to {host} was interrupted: {words}",
    action:
      "Something between this agent and {host} closes the connection or does not pass it on, such as a proxy or a firewall. Run the step again.",
  },
  "git-submodule": {
    section: "deploy-failed",
    seen: 'expected "commondir" file',
    // A Git submodule or worktree that the CLI cannot read (databricks/cli, libs/git/worktree.go).
    pattern: /expected "commondir" file in worktree git folder at "(?<folder>[^"]+)"/,
    what: "The Databricks CLI cannot read the Git data of the bundle's folder ({folder})",
    action:
      "It does not support Git submodules. Before this step, copy the bundle to a folder outside the submodule, or delete the file .git in the submodule's folder.",
  },
  "build-tool-missing": {
    section: "deploy-failed",
    seen: "command not found, is not recognized as an internal or external command",
    // Shells, in the output of the command that builds an artifact (databricks/cli, bundle/artifacts/build.go).
    pattern:
      /build failed (?<artifact>[^\s,]+),[\s\S]*?(?:: |')(?<tool>[\w.+-]+)(?:: (?:command )?not found\b|' is not recognized as an internal or external command)/,
    what: "The build of the artifact {artifact} needs {tool}, which this agent does not have",
    action:
      "Install {tool} in a step before this one, or change the command in artifacts.{artifact}.build of the bundle.",
  },
  "build-module-missing": {
    section: "deploy-failed",
    seen: "No module named …",
    // Python, in the same output.
    pattern: /build failed (?<artifact>[^\s,]+),[\s\S]*?\bNo module named '?(?<module>[\w.-]+)/,
    what: "The build of the artifact {artifact} needs the Python module {module}, which this agent's Python does not have",
    action:
      "Before this step, add UsePythonVersion@0 and a script that runs python -m pip install with the package that contains {module}, or change the command in artifacts.{artifact}.build of the bundle.",
  },
  "denied-path": {
    section: "permissions",
    seen: "access denied: /Workspace/…, unable to deploy to /Workspace/…, does not have … permissions on /Workspace/…",
    // The caller may not write there (databricks/cli, libs/filer; bundle/permissions/permission_report.go).
    pattern: /(?:\baccess denied: |\bunable to deploy to |does not have \w+ permissions on )(?<path>\/\S+)/,
    what: "The service principal of the connection does not have access to {path} in the workspace",
    action:
      "Grant it CAN MANAGE on the folder of the bundle, or set workspace.root_path in the bundle to a folder where it can write.",
  },
  "denied-entitlement": {
    section: "permissions",
    seen: "This API is disabled for users without …",
    pattern: /This API is disabled for users without (?<entitlement>[^."\n]+)/i,
    what: "The service principal of the connection does not have {entitlement}, which the bundle needs",
    action:
      "In the workspace, open Settings > Identity and access > Service principals, select the service principal, and turn on the entitlement. It can take some minutes to take effect.",
  },
  "denied-cluster": {
    section: "permissions",
    seen: "does not have Attach, Restart, Manage or Owner permissions on …",
    // github.com/databricks/cli/issues/900
    pattern:
      /does not have (?<level>Attach|Restart|Manage|Owner|View) permissions on (?<cluster>[^\n/][^\n]*?)\. Please contact/i,
    what: "The service principal of the connection does not have the {level} permission on the compute {cluster}",
    action:
      "In the workspace, open the compute, select Permissions, and grant the service principal at least CAN RESTART.",
  },
  "denied-cluster-creation": {
    section: "permissions",
    seen: "You are not authorized to create clusters",
    pattern: /You are not authorized to create clusters/i,
    what: "The service principal of the connection may not create the compute that the bundle defines",
    action:
      "Let the bundle use serverless compute or a cluster policy that the service principal may use, or give it the entitlement Allow unrestricted cluster creation.",
  },
  "denied-catalog": {
    section: "permissions",
    seen: "does not have USE CATALOG on Catalog, does not have CREATE SCHEMA on Catalog",
    pattern: /does not have (?<privilege>[A-Z][A-Z_ ]*[A-Z]) on Catalog '?(?<catalog>[^'"\s.]+)/,
    what: "The service principal of the connection does not have the privilege {privilege} on the catalog {catalog}",
    action: "Grant it: GRANT {privilege} ON CATALOG {catalog} TO `<application ID of the service principal>`.",
  },
  "denied-schema": {
    section: "permissions",
    seen: "does not have USE SCHEMA on Schema, does not have CREATE TABLE on Schema",
    pattern: /does not have (?<privilege>[A-Z][A-Z_ ]*[A-Z]) on Schema '?(?<schema>[^'"\s]+?)'?(?=[.\s(]|$)/m,
    what: "The service principal of the connection does not have the privilege {privilege} on the schema {schema}",
    action: "Grant it: GRANT {privilege} ON SCHEMA {schema} TO `<application ID of the service principal>`.",
  },
  "denied-policy": {
    section: "permissions",
    seen: "403, PERMISSION_DENIED or not authorized, with a policy",
    // Not ^, which is also after \r: each place would search the same line again.
    pattern:
      /(?<![^\n])(?:Error: )?(?<words>(?=[^\n]*(?<!network |federation |budget )\bpolic(?:y|ies)\b)(?=[^\n]*(?:PERMISSION_DENIED|\(403\b|not authorized|does not have permission))[^\n]+)/i,
    what: "The service principal of the connection may not use a cluster policy of the bundle ({words})",
    action: "In the workspace, open Compute > Policies, select the policy, and grant the service principal CAN USE.",
  },
  "denied-secret-scope": {
    section: "permissions",
    seen: "403, PERMISSION_DENIED or does not have … permission, with a secret scope",
    // As above: not ^.
    pattern:
      /(?<![^\n])(?:Error: )?(?<words>(?=[^\n]*(?:\bsecret[_ ]scopes?\b|permission on scope\b))(?=[^\n]*(?:PERMISSION_DENIED|\(403\b|not authorized|does not have [A-Z]+ permission))[^\n]+)/i,
    what: "The service principal of the connection may not use a secret scope of the bundle ({words})",
    action:
      "Grant it MANAGE, or READ if the bundle only reads the scope: databricks secrets put-acl <scope> <application ID of the service principal> MANAGE.",
  },
  "denied-run-as": {
    section: "permissions",
    seen: "cannot set run_as, servicePrincipal.user role, can set run_as to themselves only",
    pattern: /cannot set run_as to|servicePrincipal\.user role|can set run_as to themselves only/i,
    what: "The service principal of the connection may not let a job or pipeline run as another identity (run_as)",
    action:
      "Give it the role Service principal: User on the service principal in run_as, under Permissions of that service principal. To run as a person, it must be an administrator of the workspace.",
  },
  "denied-request": {
    section: "permissions",
    seen: "403, PERMISSION_DENIED",
    what: '"databricks bundle {command}"{purpose} {end}: {words}',
    action:
      "The service principal of the connection does not have a required permission in the workspace. Grant it, and run the step again.",
  },
  "cli-crash": {
    section: "deploy-failed",
    seen: "The Databricks CLI unexpectedly had a fatal error",
    what: 'The Databricks CLI crashed in "databricks bundle {command}": {payload}',
    action:
      "Try another version of the CLI (input version of DatabricksCliInstaller@1), and report the crash at https://github.com/databricks/cli/issues with the stack trace above.",
  },
  "no-cli": {
    section: "no-cli",
    seen: "there is no program databricks",
    what: "There is no Databricks CLI on this agent's PATH{found}",
    action: addInstaller,
  },
  "no-cli-path-replaced": {
    section: "no-cli",
    seen: "a variable PATH of the job",
    what: "There is no Databricks CLI on this agent's PATH{found}",
    action: "The variable {variable} of this job replaces the agent's PATH: rename it.",
  },
  "other-program": {
    section: "no-cli",
    seen: "the program databricks does not report a version",
    what: "{executable} is not a Databricks CLI that works on this agent: {words}",
    action: addInstaller,
  },
  "legacy-cli": {
    section: "no-cli",
    seen: "the program databricks reports a version before 0.200",
    what: "{executable} is the legacy Databricks CLI (Python package databricks-cli), which does not support bundles: {words}",
    action: addInstaller,
  },
  "no-bundle": {
    section: "inputs",
    seen: "the folder in workingDirectory",
    what: "there is no databricks.yml in {folder}",
    action: "Set workingDirectory to the folder that contains it.{found}",
  },
  "bundle-file-name": {
    section: "inputs",
    seen: "Databricks.yml, databricks.yml.txt",
    what: "there is no databricks.yml in {folder}",
    action: "Rename {similar} to databricks.yml (in lower case, without another extension).",
  },
} as const satisfies KnownFailures;
