import fs from "node:fs";
import path from "node:path";
import tls from "node:tls";
import { type AgentProxy, type Network, proxyFor } from "../pipeline/network.ts";

/** Where Linux distributions keep the public certificate authorities; the first that exists is used (Go: crypto/x509). */
const systemCertificates = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The agent's proxy and CA in the words of the CLI, which knows nothing of agent settings. */
export function cliNetworkEnvironment(
  network: Network,
  environment: Readonly<Record<string, string>>,
  session: { readonly folder: string; readonly host: string | undefined },
): Record<string, string> {
  return {
    ...proxyEnvironment(network, environment, session.host),
    ...certificateEnvironment(network, environment, session.folder),
  };
}

function proxyEnvironment(
  network: Network,
  environment: Readonly<Record<string, string>>,
  host: string | undefined,
): Record<string, string> {
  const { proxy } = network;
  if (!proxy || environment["HTTPS_PROXY"] || environment["https_proxy"]) return {};
  const url = new URL(proxy.url.href);
  url.username = encodeURIComponent(proxy.username ?? "");
  url.password = encodeURIComponent(proxy.password ?? "");
  const own = environment["NO_PROXY"] ?? environment["no_proxy"] ?? "";
  const direct = [...own.split(","), ...directNames(network, proxy, host)].filter((name) => name !== "");
  return {
    HTTPS_PROXY: url.href,
    HTTP_PROXY: url.href,
    ...(direct.length > 0 ? { NO_PROXY: [...new Set(direct)].join(",") } : {}),
  };
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

// Go replaces the system's authorities by SSL_CERT_FILE, so the file holds both, and the public roots for good measure.
function certificateEnvironment(
  { agentCertificates }: Network,
  environment: Readonly<Record<string, string>>,
  folder: string,
): Record<string, string> {
  if (!agentCertificates) return {};
  const system = [environment["SSL_CERT_FILE"], ...systemCertificates].find((file) => file && fs.existsSync(file));
  const roots = system ? fs.readFileSync(system, "utf8") : tls.rootCertificates.join("\n");
  const file = path.join(folder, "certificates.pem");
  fs.writeFileSync(file, `${roots}\n${agentCertificates}\n`, { mode: 0o600 });
  return { SSL_CERT_FILE: file };
}
