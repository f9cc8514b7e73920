import type { Agent } from "node:http";
import type { SecureContext } from "node:tls";
import type tunnel from "tunnel";

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
  /**
   * PEM text of authorities that are trusted besides the public ones: the agent's (`config --sslcacert …`) and the
   * machine's. undefined: Node's own list is right as it is.
   */
  readonly extraCertificates: string | undefined;
}

/** The proxy for one URL. undefined if it is reached directly, as this machine and its metadata service always are. */
export function proxyFor(network: Network, url: URL): AgentProxy | undefined {
  const { proxy } = network;
  if (!proxy || isLoopback(url.hostname) || url.hostname === instanceMetadataHost) return undefined;
  return proxy.bypass.some((pattern) => pattern.test(url.href)) ? undefined : proxy;
}

const secureContexts = new WeakMap<Network, SecureContext>();

/**
 * Trusts the public roots and the agent's own authorities, because Node's `ca` option replaces its built-in list.
 * Created once, because reading about 150 certificates takes longer than a request.
 */
async function trust(network: Network): Promise<{ secureContext?: SecureContext }> {
  if (network.extraCertificates === undefined) return {};
  const { createSecureContext, rootCertificates } = await import("node:tls");
  const known = secureContexts.get(network);
  const secureContext = known ?? createSecureContext({ ca: [...rootCertificates, network.extraCertificates] });
  secureContexts.set(network, secureContext);
  return { secureContext };
}

/** Set explicitly, because the variable NODE_TLS_REJECT_UNAUTHORIZED changes the default. */
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

/** The metadata service of an Azure machine: link-local, answers only plain HTTP. */
export const instanceMetadataHost = "169.254.169.254";

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
