import { environmentName } from "../../common/pipeline/environment.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** With these, a machine can say where Node finds libraries, and which TLS it accepts. They can load code. */
const ofMachine = ["LD_LIBRARY_PATH", "OPENSSL_CONF"];

/**
 * What the service gets of the step's environment: what Node needs, how it verifies and reaches other machines, and the variable by
 * which the agent finds what a job has left running. `ofJob`: the names of the job's variables, which any step can set.
 */
export function serviceEnvironment(
  environment: Environment,
  ofJob: readonly string[] = [],
  platform = process.platform,
): Record<string, string> {
  const settable = new Set(ofJob.map(environmentName));
  const windows = platform === "win32" ? ["SystemRoot", "USERPROFILE"] : [];
  const names = [
    "PATH",
    "HOME",
    "VSTS_PROCESS_LOOKUP_ID",
    "NODE_USE_SYSTEM_CA",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    ...ofMachine.filter((name) => !settable.has(name)),
    ...windows,
  ];
  const values = names.map((name) => [name, environment[name]] as const);
  const options = networkOptions(environment["NODE_OPTIONS"] ?? "");
  return Object.fromEntries([...values, ["NODE_OPTIONS", options || undefined] as const].filter(hasValue));
}

function hasValue(entry: readonly [string, string | undefined]): entry is readonly [string, string] {
  return entry[1] !== undefined;
}

/** Node takes a value after `=` or a blank, and accepts `_` for `-`. */
const networkOption =
  /(?<![^\s"])--(?:use-(?:bundled|openssl|system)-ca|openssl-shared-config|tls-(?:min|max)-v1\.[0-3]|tls-cipher-list[= ][\w:!+@=-]+|dns-result-order[= ]\w+|(?:no-)?network-family-autoselection)(?![^\s"])/g;

/**
 * The options of NODE_OPTIONS without which the service could not renew what the step has got, such as --use-system-ca. Others can
 * load code, which has no place in a process that keeps credentials.
 */
export function networkOptions(options: string): string {
  const written = options.replace(/--[\w-]+/g, (name) => name.replaceAll("_", "-"));
  return [...written.matchAll(networkOption)].map(([option]) => option).join(" ");
}
