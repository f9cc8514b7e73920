import type { AgentProxy } from "./network.ts";

export type HttpFailureKind =
  | "name" // the host name is unknown
  | "refused"
  | "timeout"
  | "reset" // connection interrupted, body incomplete
  | "tls"
  | "proxy"
  | "proxy-credentials"
  | "redirects"
  | "insecure"
  | "too-large";

const transientKinds = new Set<HttpFailureKind>(["name", "refused", "timeout", "reset", "proxy"]);

/** A request without an HTTP answer: `kind` is the reason, `message` names the host and the cause. */
export class HttpFailure extends Error {
  readonly kind: HttpFailureKind;
  readonly host: string;

  constructor(kind: HttpFailureKind, url: string, reason: string, cause?: unknown) {
    const { host } = new URL(url);
    super(`${host}: ${reason}`, { cause });
    this.name = "HttpFailure";
    this.kind = kind;
    this.host = host;
  }

  get transient(): boolean {
    return transientKinds.has(this.kind);
  }

  /** The usual fix, for the reader of the log. */
  get hint(): string {
    return hints[this.kind].replaceAll("{host}", this.host);
  }
}

const hints: Record<HttpFailureKind, string> = {
  name: "Check the host name, and that this agent's DNS (or proxy) can resolve {host}.",
  refused: "Check that this agent can reach {host} on port 443 (firewall, private link, agent proxy).",
  timeout: "Check that this agent can reach {host} on port 443 (firewall, private link, agent proxy).",
  reset:
    "Something between this agent and {host} closes the connection, such as a proxy or a firewall. Run the " +
    "step again.",
  tls:
    "This agent does not trust the certificate of {host}. If a proxy inspects TLS, configure the agent with " +
    "the CA of the proxy (config.sh --sslcacert).",
  proxy: "Check the agent's proxy (config.sh --proxyurl) and that it allows {host}.",
  "proxy-credentials":
    "The agent's proxy requires credentials. Configure the agent with --proxyusername and --proxypassword.",
  redirects: "Check the URL, and whether a proxy or a sign-in portal is between this agent and {host}.",
  insecure: "Use an https:// URL.",
  "too-large": "Check the URL: {host} returned something other than expected.",
};

const codes: Record<string, [HttpFailureKind, string]> = {
  ENOTFOUND: ["name", "the host name is unknown"],
  EAI_AGAIN: ["name", "the host name could not be resolved"],
  ECONNREFUSED: ["refused", "the connection was refused"],
  EHOSTUNREACH: ["refused", "the host is unreachable"],
  ENETUNREACH: ["refused", "the network is unreachable"],
  ETIMEDOUT: ["timeout", "the connection timed out"],
  ECONNRESET: ["reset", "the connection was interrupted"],
  EPIPE: ["reset", "the connection was interrupted"],
  ERR_STREAM_PREMATURE_CLOSE: ["reset", "the response is incomplete"],
  EPROTO: ["tls", "a TLS connection could not be established"],
};

/** The failure that a Node network error stands for; undefined for every other error. */
export function toHttpFailure(
  error: unknown,
  url: string,
  silent: boolean,
  proxy: AgentProxy | undefined,
): HttpFailure | undefined {
  if (error instanceof HttpFailure) return error;
  if (silent) return new HttpFailure("timeout", url, "it did not answer in time", error);
  if (!(error instanceof Error)) return undefined;
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (message.startsWith("tunneling socket")) return proxyFailure(message, url, proxy, error);
  if (/CERT|SIGNATURE|SELF_SIGNED|ISSUER|TLS|SSL/.test(code)) {
    return new HttpFailure("tls", url, `its certificate is not trusted (${code}: ${message})`, error);
  }
  const known = codes[code];
  return known ? new HttpFailure(known[0], url, `${known[1]} (${code})`, error) : undefined;
}

// The `tunnel` package reports every CONNECT failure as ECONNRESET with the reason in the message.
function proxyFailure(message: string, url: string, proxy: AgentProxy | undefined, cause: unknown): HttpFailure {
  const name = proxy ? `the agent's proxy ${proxy.url.host}` : "the proxy";
  const status = /statusCode=(\d+)/.exec(message)?.[1];
  if (status === "407") return new HttpFailure("proxy-credentials", url, `${name} requires credentials (407)`, cause);
  if (status) return new HttpFailure("proxy", url, `${name} refused to connect (${status})`, cause);
  const reason = /cause=(.*)$/.exec(message)?.[1] ?? message;
  return new HttpFailure("proxy", url, `${name} cannot be reached (${reason})`, cause);
}
