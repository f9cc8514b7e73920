import type { AgentProxy, Network } from "./network.ts";

export type HttpFailureKind =
  | "name" // the host name is unknown
  | "refused"
  | "timeout"
  | "slow" // it answers, but the answer has no end
  | "trickle" // it sends almost nothing
  | "reset" // connection interrupted, body incomplete
  | "busy" // an answer that asks for another attempt
  | "tls"
  | "tls-name" // the certificate is for another name
  | "tls-time" // the certificate has expired or is not valid yet
  | "proxy"
  | "proxy-credentials"
  | "proxy-gateway" // the proxy does not reach the host
  | "proxy-tls" // the certificate of the proxy
  | "redirects"
  | "insecure"
  | "too-large";

const transientKinds = new Set<HttpFailureKind>([
  "name",
  "refused",
  "timeout",
  "trickle",
  "reset",
  "busy",
  "proxy",
  "proxy-gateway",
]);

/** The parts of an HttpFailure beside its message. */
interface HttpFailureDetails {
  readonly cause?: unknown;
  /** Follows the hint for its kind. */
  readonly advice?: string | undefined;
}

/** A request without an HTTP answer: `kind` is the reason, `message` names the host and the cause. */
export class HttpFailure extends Error {
  readonly kind: HttpFailureKind;
  readonly host: string;
  readonly advice: string | undefined;

  constructor(kind: HttpFailureKind, url: string, reason: string, { cause, advice }: HttpFailureDetails = {}) {
    const { host } = new URL(url);
    super(`${host}: ${reason}`, { cause });
    this.name = "HttpFailure";
    this.kind = kind;
    this.host = host;
    this.advice = advice;
  }

  get transient(): boolean {
    return transientKinds.has(this.kind);
  }

  /** The usual fix, for the reader of the log. */
  get hint(): string {
    return [hints[this.kind].replaceAll("{host}", this.host), this.advice].filter(Boolean).join(" ");
  }
}

/** The proxy did not connect a request to its host: it answered with a status, or there is another cause. */
export class ProxyFailure extends Error {
  readonly proxy: AgentProxy;
  readonly status: number | undefined;

  constructor(proxy: AgentProxy, { status, cause }: { readonly status?: number; readonly cause?: unknown }) {
    super(`The proxy ${proxy.url.host} did not connect to the host.`, { cause });
    this.name = "ProxyFailure";
    this.proxy = proxy;
    this.status = status;
  }
}

/** The program with which an administrator configures an agent. */
const configure = process.platform === "win32" ? "config.cmd" : "config.sh";
const firewall = "Check that this agent can reach {host} on port 443 (firewall, private link, agent proxy).";

const slowConnection =
  "Something between this agent and {host} slows down the connection, such as a proxy. Run the step again.";

const hints: Record<HttpFailureKind, string> = {
  name: "Check the host name, and that this agent's DNS (or proxy) can resolve {host}.",
  refused: firewall,
  timeout: firewall,
  slow: slowConnection,
  trickle: slowConnection,
  reset:
    "Something between this agent and {host} closes the connection, such as a proxy or a firewall. Run the " +
    "step again.",
  busy: "Run the step again.",
  tls:
    "This agent does not trust the certificate of {host}. If a proxy inspects TLS, configure the agent with " +
    `the CA of the proxy (${configure} --sslcacert).`,
  "tls-name": "Check the address. If it is right, something between this agent and {host} answers instead of it.",
  "tls-time":
    "Check the clock of this agent. If it is right, the certificate of {host}, or of the proxy that inspects TLS, " +
    "must be renewed.",
  proxy: `Check the agent's proxy (${configure} --proxyurl) and that it allows {host}.`,
  "proxy-credentials":
    "The agent's proxy requires credentials. Configure the agent with --proxyusername and --proxypassword.",
  "proxy-gateway":
    "Check the address first: a proxy answers like this if {host} does not exist. If the address is right, check " +
    "that the proxy can reach {host}.",
  "proxy-tls":
    "Check the certificate of the proxy, and the clock of this agent. If the certificate is from a private CA, " +
    `configure the agent with that CA (${configure} --sslcacert). The proxy's password was not sent.`,
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
  EADDRNOTAVAIL: ["refused", "the network is unreachable"],
  ETIMEDOUT: ["timeout", "the connection timed out"],
  ECONNRESET: ["reset", "the connection was interrupted"],
  EPIPE: ["reset", "the connection was interrupted"],
  ERR_STREAM_PREMATURE_CLOSE: ["reset", "the response is incomplete"],
  EPROTO: ["tls", "a TLS connection could not be established"],
  CERT_HAS_EXPIRED: ["tls-time", "its certificate has expired"],
  CERT_NOT_YET_VALID: ["tls-time", "its certificate is not valid yet"],
  ERR_TLS_CERT_ALTNAME_INVALID: ["tls-name", "its certificate is for another name"],
};

/** Where a request was going, and what could have ended it. */
export interface Attempt {
  /** The address after the redirects so far. */
  readonly url: string;
  readonly network: Network;
  /** Why the attempt was ended, if it took too long. */
  readonly overdue: { readonly kind: "timeout" | "slow" | "trickle"; readonly reason: string } | undefined;
}

/** The failure that a Node network error stands for; undefined for every other error. */
export function toHttpFailure(error: unknown, { url, network, overdue }: Attempt): HttpFailure | undefined {
  if (error instanceof HttpFailure) return error;
  if (overdue) return new HttpFailure(overdue.kind, url, overdue.reason, { cause: error });
  if (error instanceof ProxyFailure) return proxyFailure(error, url, network);
  const cause = networkCause(error);
  return (
    cause && new HttpFailure(cause.kind, url, cause.reason, { cause: error, advice: caAdvice(cause.kind, network) })
  );
}

interface NetworkCause {
  readonly kind: HttpFailureKind;
  readonly reason: string;
}

function networkCause(error: unknown): NetworkCause | undefined {
  const decisive = decisiveError(error);
  if (!(decisive instanceof Error)) return undefined;
  const { code = "", message } = decisive as NodeJS.ErrnoException;
  const known = codes[code];
  if (known) return { kind: known[0], reason: `${known[1]} (${code})` };
  if (!/CERT|SIGNATURE|SELF_SIGNED|ISSUER|TLS|SSL/.test(code)) return undefined;
  return { kind: "tls", reason: `its certificate is not trusted (${code}: ${message})` };
}

/** Of the errors of a host with several addresses, the first that does not only report that this machine has no IPv6. */
function decisiveError(error: unknown): unknown {
  if (!(error instanceof AggregateError)) return error;
  const hasRoute = (one: NodeJS.ErrnoException) => !/^(ENETUNREACH|EADDRNOTAVAIL|EHOSTUNREACH)$/.test(one.code ?? "");
  return error.errors.find(hasRoute) ?? error.errors[0];
}

/** The likely reason of an untrusted certificate: the agent names a CA, but the file is not there. */
function caAdvice(kind: HttpFailureKind, { missingCaFile }: Network): string | undefined {
  if (missingCaFile === undefined || (kind !== "tls" && kind !== "proxy-tls")) return undefined;
  return (
    `The agent's CA file ${missingCaFile} does not exist here. In a container job, mount it into the container ` +
    "under the same path."
  );
}

/** `the agent's proxy host:port` */
export function proxyName({ url, variable }: AgentProxy): string {
  return `${variable ? "the proxy" : "the agent's proxy"} ${url.host}`;
}

function proxyFailure(failure: ProxyFailure, url: string, network: Network): HttpFailure | undefined {
  const { proxy, status, cause } = failure;
  const name = proxyName(proxy);
  const source =
    proxy.variable && `The proxy is the one that the variable ${proxy.variable} of this machine or job names.`;
  const fail = (kind: HttpFailureKind, reason: string) => {
    const advice = [source, caAdvice(kind, network)].filter(Boolean).join(" ") || undefined;
    return new HttpFailure(kind, url, reason, { cause: failure, advice });
  };
  if (status === 407) return fail("proxy-credentials", `${name} requires credentials (407)`);
  if (status === 502 || status === 503 || status === 504) {
    return fail("proxy-gateway", `${name} could not connect to it (${status})`);
  }
  if (status !== undefined) return fail("proxy", `${name} refused to connect (${status})`);
  const known = networkCause(cause);
  if (known?.kind.startsWith("tls")) return fail("proxy-tls", `${name} cannot be used: ${known.reason}`);
  const reason = known?.reason ?? (cause instanceof Error ? cause.message : String(cause));
  return fail("proxy", `${name} cannot be reached (${reason})`);
}
