import type { AgentProxy } from "./network.ts";

export type HttpFailureKind =
  | "name" // the host name is unknown
  | "refused"
  | "timeout"
  | "reset" // connection broken, body cut short
  | "tls"
  | "proxy"
  | "proxy-credentials"
  | "redirects"
  | "insecure"
  | "too-large";

const transientKinds = new Set<HttpFailureKind>(["name", "refused", "timeout", "reset", "proxy"]);

/** No HTTP answer: `kind` says what stood in the way, `message` names host and cause. */
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

  /** What usually mends it, for the person who reads the log. */
  get hint(): string {
    return hints[this.kind].replaceAll("{host}", this.host);
  }
}

const hints: Record<HttpFailureKind, string> = {
  name: "Check the host name, and that this agent's DNS (or proxy) knows {host}.",
  refused: "Check that this agent may reach {host} on port 443 (firewall, private link, agent proxy).",
  timeout: "Check that this agent may reach {host} on port 443 (firewall, private link, agent proxy).",
  reset: "Something between this agent and {host} ends the connection (proxy, firewall); run the step again.",
  tls: "The certificate of {host} is not trusted here. If a proxy inspects TLS, configure the agent with its CA (config.sh --sslcacert).",
  proxy: "Check the agent's proxy (config.sh --proxyurl) and that it allows {host}.",
  "proxy-credentials": "The agent's proxy asks for credentials: configure it with --proxyusername and --proxypassword.",
  redirects:
    "Check the URL, and what stands between this agent and {host} (a proxy or portal that asks people to sign in).",
  insecure: "Use an https:// URL.",
  "too-large": "Check the URL: {host} answers with something else than expected.",
};

const codes: Record<string, [HttpFailureKind, string]> = {
  ENOTFOUND: ["name", "the host name is unknown"],
  EAI_AGAIN: ["name", "the host name could not be looked up"],
  ECONNREFUSED: ["refused", "the connection was refused"],
  EHOSTUNREACH: ["refused", "the host is unreachable"],
  ENETUNREACH: ["refused", "the network is unreachable"],
  ETIMEDOUT: ["timeout", "the connection timed out"],
  ECONNRESET: ["reset", "the connection was broken"],
  EPIPE: ["reset", "the connection was broken"],
  ERR_STREAM_PREMATURE_CLOSE: ["reset", "the body was cut short"],
  EPROTO: ["tls", "no TLS connection could be made"],
};

/** Sorts a Node network error; undefined when it is none (then it is the caller's own). */
export function toHttpFailure(
  error: unknown,
  url: string,
  silent: boolean,
  proxy: AgentProxy | undefined,
): HttpFailure | undefined {
  if (error instanceof HttpFailure) return error;
  if (silent) return new HttpFailure("timeout", url, "no answer in time", error);
  if (!(error instanceof Error)) return undefined;
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (message.startsWith("tunneling socket")) return proxyFailure(message, url, proxy, error);
  if (/CERT|SIGNATURE|SELF_SIGNED|ISSUER|TLS|SSL/.test(code)) {
    return new HttpFailure("tls", url, `its certificate was refused (${code}: ${message})`, error);
  }
  const known = codes[code];
  return known ? new HttpFailure(known[0], url, `${known[1]} (${code})`, error) : undefined;
}

// The `tunnel` package reports every CONNECT failure as ECONNRESET with the reason in the message.
function proxyFailure(message: string, url: string, proxy: AgentProxy | undefined, cause: unknown): HttpFailure {
  const name = proxy ? `the agent's proxy ${proxy.url.host}` : "the proxy";
  const status = /statusCode=(\d+)/.exec(message)?.[1];
  if (status === "407") return new HttpFailure("proxy-credentials", url, `${name} wants credentials (407)`, cause);
  if (status) return new HttpFailure("proxy", url, `${name} refused to connect (${status})`, cause);
  const reason = /cause=(.*)$/.exec(message)?.[1] ?? message;
  return new HttpFailure("proxy", url, `${name} cannot be reached (${reason})`, cause);
}
