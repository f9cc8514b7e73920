import { readFileSync } from "node:fs";
import type { Agent } from "node:http";
import type { SecureContext } from "node:tls";
import { getHttpCertConfiguration, getHttpProxyConfiguration } from "azure-pipelines-task-lib/task";
import type tunnel from "tunnel";
import { UserError } from "./errors.ts";

/** The proxy that the agent was configured with (`config --proxyurl …`). */
export interface AgentProxy {
  readonly url: URL;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Case-insensitive; tested against whole URLs, as the agent does. */
  readonly bypass: readonly RegExp[];
}

/** How this agent reaches the network: its proxy and the certificate authorities that it trusts besides the public ones. */
export interface Network {
  readonly proxy: AgentProxy | undefined;
  /** PEM text of the agent's own certificate authorities (`config --sslcacert …`). */
  readonly agentCertificates: string | undefined;
}

/** Reads the agent's proxy and CA settings; HTTPS_PROXY and NO_PROXY of the machine apply where the agent has no proxy. */
export function agentNetwork(environment: NodeJS.ProcessEnv = process.env): Network {
  const configured = getHttpProxyConfiguration();
  const caFile = getHttpCertConfiguration()?.caFile;
  return {
    proxy: configured
      ? {
          url: new URL(configured.proxyUrl),
          username: configured.proxyUsername || undefined,
          password: configured.proxyPassword || undefined,
          bypass: (configured.proxyBypassHosts ?? []).flatMap((pattern) => bypassPattern(pattern) ?? []),
        }
      : machineProxy(environment),
    agentCertificates: caFile ? readCertificates(caFile) : undefined,
  };
}

/** The agent's patterns are .NET's; those that JavaScript cannot read are taken as `*.domain` or passed over, as it does. */
function bypassPattern(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, "i");
  } catch {
    return /^\*\.[\w.-]+$/.test(pattern) ? noProxyPattern(pattern) : undefined;
  }
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`The agent's CA file ${file} cannot be read: ${String(error)}`, {
      hint: "It was given as --sslcacert when the agent was configured; put it back or configure the agent anew.",
      anchor: "network",
    });
  }
}

function machineProxy(environment: NodeJS.ProcessEnv): AgentProxy | undefined {
  const value = environment["HTTPS_PROXY"] ?? environment["https_proxy"];
  if (!value) return undefined;
  // Written without a scheme, a proxy speaks HTTP (Go: net/http, ProxyFromEnvironment).
  const address = value.includes("://") ? value : `http://${value}`;
  if (!URL.canParse(address)) {
    throw new UserError("The variable HTTPS_PROXY is no address of a proxy.", {
      hint: "Correct it on this agent or in the job, or configure the agent with --proxyurl.",
      anchor: "network",
    });
  }
  const url = new URL(address);
  const bypass = (environment["NO_PROXY"] ?? environment["no_proxy"] ?? "").split(",").map((host) => host.trim());
  return {
    url,
    username: decoded(url.username) || undefined,
    password: decoded(url.password) || undefined,
    bypass: bypass.filter((host) => host !== "").map(noProxyPattern),
  };
}

/** A password with a bare % was not encoded in the first place. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function noProxyPattern(host: string): RegExp {
  if (host === "*") return /.*/;
  const name = host.replace(/^\*?\./, "").replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^https?://([^/]*\\.)?${name}([:/]|$)`, "i");
}

/** The proxy for one URL, or undefined where it is reached directly, as this machine and its metadata service always are. */
export function proxyFor(network: Network, url: URL): AgentProxy | undefined {
  const { proxy } = network;
  if (!proxy || isLoopback(url.hostname) || url.hostname === instanceMetadataHost) return undefined;
  return proxy.bypass.some((pattern) => pattern.test(url.href)) ? undefined : proxy;
}

const secureContexts = new WeakMap<Network, SecureContext>();

/**
 * What the agent's own authorities need: the public roots too, because Node's `ca` option replaces its built-in list.
 * Made once, because reading some 150 certificates takes longer than a request.
 */
async function trust(network: Network): Promise<{ secureContext?: SecureContext }> {
  if (!network.agentCertificates) return {};
  const { createSecureContext, rootCertificates } = await import("node:tls");
  const known = secureContexts.get(network);
  const secureContext = known ?? createSecureContext({ ca: [...rootCertificates, network.agentCertificates] });
  secureContexts.set(network, secureContext);
  return { secureContext };
}

/** Said outright, because the variable NODE_TLS_REJECT_UNAUTHORIZED changes the default. */
const verified = { rejectUnauthorized: true };

/** A socket agent for one URL with this network's proxy and certificates; one agent for one request. */
export async function socketAgent(network: Network, url: URL): Promise<Agent> {
  const trusted = await trust(network);
  const proxy = proxyFor(network, url);
  if (!proxy) {
    // Node's network modules are loaded with the first request: steps that fail on their inputs start faster.
    if (url.protocol === "http:") return new (await import("node:http")).Agent();
    return new (await import("node:https")).Agent({ ...verified, ...trusted });
  }
  const { httpsOverHttp, httpsOverHttps } = (await import("tunnel")).default;
  const options = {
    ...verified,
    ...trusted,
    proxy: {
      host: proxy.url.hostname,
      port: Number(proxy.url.port) || (proxy.url.protocol === "https:" ? 443 : 80),
      ...(proxy.username ? { proxyAuth: `${proxy.username}:${proxy.password ?? ""}` } : {}),
    },
  };
  return proxy.url.protocol === "https:"
    ? httpsOverHttps(options as tunnel.HttpsOverHttpsOptions)
    : httpsOverHttp(options as tunnel.HttpsOverHttpOptions);
}

/** Where Azure machines ask for what concerns themselves; link-local, answers plain HTTP alone. */
export const instanceMetadataHost = "169.254.169.254";

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
