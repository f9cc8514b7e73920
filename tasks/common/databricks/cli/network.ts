import fs from "node:fs";
import path from "node:path";
import { writeTemporaryFile } from "../../pipeline/job.ts";
import { type AgentProxy, type Network, proxyFor, withLoopback } from "../../pipeline/network.ts";

/** Linux distributions keep the public certificate authorities here; the first file that exists is used (Go: crypto/x509). */
const systemCertificates = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The agent's proxy as variables for the CLI, which does not read the agent's settings. `host` is the workspace. */
export function proxyEnvironment(
  network: Network,
  environment: Readonly<Record<string, string>>,
  host: string | undefined,
): Record<string, string> {
  const { proxy } = network;
  if (!proxy || environment["HTTPS_PROXY"] || environment["https_proxy"]) return directEnvironment(environment, []);
  const url = new URL(proxy.url.href);
  url.username = encodeURIComponent(proxy.username ?? "");
  url.password = encodeURIComponent(proxy.password ?? "");
  return {
    HTTPS_PROXY: url.href,
    HTTP_PROXY: url.href,
    ...directEnvironment(environment, directNames(network, proxy, host)),
  };
}

/**
 * Variables for the hosts that are reached without a proxy. Go always bypasses a proxy for this machine. Python needs the
 * variable, or the proxy would get the metadata service's secret address. Go prefers the uppercase name, Python the lowercase
 * one.
 */
function directEnvironment(
  environment: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> {
  const { NO_PROXY: upper, no_proxy: lower } = environment;
  const list = (own = "") => withLoopback(own, names);
  return { NO_PROXY: list(upper || lower), ...(lower === undefined ? {} : { no_proxy: list(lower || upper) }) };
}

/** The bypass patterns that are names, and the workspace if any pattern matches it. */
function directNames(network: Network, proxy: AgentProxy, host: string | undefined): string[] {
  const names = proxy.bypass.flatMap((pattern) => bypassedName(pattern.source) ?? []);
  const workspace = host === undefined ? undefined : new URL(host);
  return workspace && !proxyFor(network, workspace) ? [...names, workspace.hostname] : names;
}

/** A host name for NO_PROXY, if the agent's bypass pattern is one: `host`, `.*\.domain`, `*.domain`, `http(s)?://host`. */
export function bypassedName(pattern: string): string | undefined {
  const name = pattern
    .replace(/^\^/, "")
    .replace(/\$$/, "")
    .replace(/^https?\??:(\/\/|\\\/\\\/)/, "")
    .replace(/^\.?\*(?=\\?\.)/, "")
    .replaceAll("\\.", ".")
    .replaceAll("\\/", "/");
  return /^\.?[\w-]+(\.[\w-]+)*(:\d+)?$/.test(name) ? name : undefined;
}

/**
 * Writes the certificate authorities that the CLI trusts into `folder`, and returns the variables that name the file. Writes
 * nothing if the agent does not have its own CA. Throws a UserError if the disk does not allow it.
 */
export function writeCertificates(
  { extraCertificates }: Network,
  environment: Readonly<Record<string, string>>,
  folder: string,
): Record<string, string> {
  if (!extraCertificates) return {};
  const file = path.join(folder, "certificates.pem");
  // Both, because SSL_CERT_FILE replaces the system's authorities for Go on Linux, and REQUESTS_CA_BUNDLE those of Python.
  writeTemporaryFile(file, `${publicAuthorities(environment["SSL_CERT_FILE"])}\n${extraCertificates}\n`);
  return { SSL_CERT_FILE: file, REQUESTS_CA_BUNDLE: environment["REQUESTS_CA_BUNDLE"] || file };
}

/** PEM text: of `own` where that file can be read, else of the system, else Node's own. */
function publicAuthorities(own: string | undefined): string {
  for (const file of [own, ...systemCertificates]) {
    try {
      if (file) return fs.readFileSync(file, "utf8");
    } catch {
      // The next one may be there.
    }
  }
  // Loaded only here: steps that fail on their inputs start faster.
  return process.getBuiltinModule("node:tls").rootCertificates.join("\n");
}

/** Advice for systems on which Go ignores SSL_CERT_FILE and trusts only the machine's authorities (crypto/x509). */
export function trustStoreAdvice({ extraCertificates }: Network, platform = process.platform): string | undefined {
  if (!extraCertificates || platform === "linux") return undefined;
  return "Add the agent's CA (--sslcacert) to the trust store of this machine as well: on this system the Databricks CLI trusts only the CAs in it.";
}
