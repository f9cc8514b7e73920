import fs from "node:fs";
import path from "node:path";
import tls from "node:tls";
import { type AgentProxy, type Network, proxyFor } from "../../pipeline/network.ts";

/** Where Linux distributions keep the public certificate authorities; the first that exists is used (Go: crypto/x509). */
const systemCertificates = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The agent's proxy, in the words of the CLI, which does not read the agent's settings. `host` is the workspace. */
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
 * What is reached without a proxy. Go passes a proxy by for this machine on its own; Python has to be told, or the proxy
 * would get the metadata service's secret address. Go reads the upper-case name first, Python the lower-case one.
 */
function directEnvironment(
  environment: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> {
  const { NO_PROXY: upper, no_proxy: lower } = environment;
  const list = (own = "") => {
    const given = own.split(",").map((name) => name.trim());
    // An asterisk means everything, to Python only where it stands alone.
    if (given.includes("*")) return "*";
    return [...new Set(["127.0.0.1", "localhost", ...given, ...names])].filter((name) => name !== "").join(",");
  };
  return { NO_PROXY: list(upper || lower), ...(lower === undefined ? {} : { no_proxy: list(lower || upper) }) };
}

/** Bypass patterns as far as they are names; the workspace itself is one whatever pattern it matches. */
function directNames(network: Network, proxy: AgentProxy, host: string | undefined): string[] {
  const names = proxy.bypass.flatMap((pattern) => bypassedName(pattern.source) ?? []);
  const workspace = host === undefined ? undefined : new URL(host);
  return workspace && !proxyFor(network, workspace) ? [...names, workspace.hostname] : names;
}

/** A host name for NO_PROXY, where the agent's bypass pattern is one: `host`, `.*\.domain`, `*.domain`, `http(s)?://host`. */
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
 * Writes the certificate authorities that the CLI trusts into `folder`, and gives the variables that name the file; none
 * where the agent has no CA of its own. Go on Linux replaces the system's authorities by SSL_CERT_FILE, Python its own by
 * REQUESTS_CA_BUNDLE, so the file holds the public ones and the agent's.
 */
export function writeCertificates(
  { extraCertificates }: Network,
  environment: Readonly<Record<string, string>>,
  folder: string,
): Record<string, string> {
  if (!extraCertificates) return {};
  const system = [environment["SSL_CERT_FILE"], ...systemCertificates].find((file) => file && fs.existsSync(file));
  const roots = system ? fs.readFileSync(system, "utf8") : tls.rootCertificates.join("\n");
  const file = path.join(folder, "certificates.pem");
  fs.writeFileSync(file, `${roots}\n${extraCertificates}\n`, { mode: 0o600 });
  return { SSL_CERT_FILE: file, REQUESTS_CA_BUNDLE: environment["REQUESTS_CA_BUNDLE"] || file };
}

/** What the agent's CA still needs where Go asks the machine alone, whatever SSL_CERT_FILE says (crypto/x509). */
export function trustStoreAdvice({ extraCertificates }: Network, platform = process.platform): string | undefined {
  if (!extraCertificates || platform === "linux") return undefined;
  return "The agent's CA (--sslcacert) must be in this machine's trust store too: the Databricks CLI trusts no other here.";
}
