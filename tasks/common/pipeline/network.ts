/** An HTTP proxy: the one that the agent was configured with (`config --proxyurl …`), or the machine's. */
export interface AgentProxy {
  /** http: or https: */
  readonly url: URL;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Set if a variable names the proxy, and not the agent's own setting. */
  readonly variable?: "HTTPS_PROXY";
  /** Case-insensitive. */
  readonly bypass: readonly UrlPattern[];
}

/** A regular expression, or another test of a URL. */
export interface UrlPattern {
  readonly source: string;
  test(url: string): boolean;
}

/** How this agent reaches the network: its proxy and the certificate authorities that it trusts besides the public ones. */
export interface Network {
  readonly proxy: AgentProxy | undefined;
  /**
   * PEM text of authorities that are trusted besides the public ones: the agent's (`config --sslcacert …`) and the
   * machine's. undefined: Node's own list is right as it is.
   */
  readonly extraCertificates: string | undefined;
  /** Whether Node's own list contains more than is trusted, because a step of the job could have set NODE_EXTRA_CA_CERTS. */
  readonly nodeTrustsMore?: boolean;
  /** The agent's CA file, if it does not exist: in a container, the path of the host usually leads nowhere. */
  readonly missingCaFile?: string | undefined;
  /** The agent's CA file, if it does not contain a certificate as PEM text. */
  readonly otherCaFile?: string | undefined;
}

/** The proxy for one URL. undefined if it is reached directly, as this machine and its metadata service always are. */
export function proxyFor(network: Network, url: URL): AgentProxy | undefined {
  const { proxy } = network;
  if (!proxy || isLoopback(url.hostname) || url.hostname === instanceMetadataHost) return undefined;
  // The agent compares its patterns with the address before the path (AgentWebProxy.cs), so that `\.corp\.example$` matches. Some
  // are written for whole URLs, which have a slash there.
  const { origin } = url;
  return proxy.bypass.some((pattern) => pattern.test(origin) || pattern.test(`${origin}/`)) ? undefined : proxy;
}

/**
 * A list of hosts that are reached without a proxy (NO_PROXY), with this machine and `more` in it. Python needs this machine
 * there; Go always reaches it directly.
 */
export function withLoopback(list: string, more: readonly string[] = []): string {
  const given = list.split(",").map((name) => name.trim());
  // An asterisk means all hosts; Python recognizes it only if it is the whole list.
  if (given.includes("*")) return "*";
  return [...new Set([...given, "127.0.0.1", "localhost", ...more])].filter((name) => name !== "").join(",");
}

/** The metadata service of an Azure machine: link-local, answers only plain HTTP. */
export const instanceMetadataHost = "169.254.169.254";

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
