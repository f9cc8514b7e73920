import { HttpFailure, type HttpFailureKind } from "./http-failure.ts";
import type { AgentProxy, Network } from "./network.ts";

interface ProxyFailureDetails {
  readonly status?: number;
  /** The header Proxy-Authenticate. */
  readonly authenticate?: string | readonly string[] | undefined;
  readonly cause?: unknown;
}

/** The proxy did not connect a request to its host: it answered with a status, or there is another cause. */
export class ProxyFailure extends Error {
  readonly proxy: AgentProxy;
  readonly status: number | undefined;
  /** How the proxy lets clients sign in, e.g. Basic, NTLM; empty if it does not tell. */
  readonly schemes: readonly string[];

  constructor(proxy: AgentProxy, { status, authenticate = [], cause }: ProxyFailureDetails) {
    super(`The proxy ${proxy.url.host} did not connect to the host.`, { cause });
    this.name = "ProxyFailure";
    this.proxy = proxy;
    this.status = status;
    this.schemes = [authenticate].flat().flatMap(schemesIn);
  }
}

/** The schemes in a list of challenges (RFC 9110, section 11.6.1). Their parameters are `name=value`, also with quoted values. */
function schemesIn(challenges: string): string[] {
  const parts = challenges.replace(/"[^"]*"/g, "").split(",");
  return parts.flatMap((part) => /^\s*([A-Za-z][\w-]{0,30})(?:\s|$)(?!\s*=)/.exec(part)?.[1] ?? []);
}

/** `the agent's proxy host:port` */
export function proxyName({ url, variable }: AgentProxy): string {
  return `${variable ? "the proxy" : "the agent's proxy"} ${url.host}`;
}

/** By the code of Node's error. */
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
  ECONNABORTED: ["reset", "the connection was interrupted"],
  ERR_STREAM_PREMATURE_CLOSE: ["reset", "the response is incomplete"],
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
  const { code = "", message, syscall } = decisive as NodeJS.ErrnoException;
  const known = codes[code];
  if (known) return { kind: known[0], reason: `${known[1]} (${code})` };
  if (code.startsWith("HPE_")) return { kind: "not-http", reason: `its answer is not valid HTTP (${code})` };
  if (/^(EPROTO$|ERR_SSL_)/.test(code)) return { kind: "tls-protocol", reason: noTls(code, message) };
  if (unsuitable.has(code))
    return { kind: "tls-weak", reason: `its certificate is not suitable (${code}: ${message})` };
  if (/CERT|SIGNATURE|SELF_SIGNED|ISSUER|TLS/.test(code)) {
    return { kind: "tls", reason: `its certificate is not trusted (${code}: ${message})` };
  }
  // Others that a system can report, such as EACCES of a firewall of Windows.
  if (syscall === "connect") return { kind: "refused", reason: `a connection is not possible (${code})` };
  return syscall === "getaddrinfo"
    ? { kind: "name", reason: `the host name could not be resolved (${code})` }
    : undefined;
}

/** Codes for certificates that are for another use, too weak or restricted: Node has no codes of its own for the last two. */
const unsuitable = new Set(["INVALID_PURPOSE", "INVALID_CA", "PATH_LENGTH_EXCEEDED", "UNSPECIFIED"]);

/** OpenSSL's message contains the reason between places in its source. */
function noTls(code: string, message: string): string {
  const reason = /SSL routines:[^:]*:([^:]+)/.exec(message)?.[1];
  return `a TLS connection could not be established (${code}${reason === undefined ? "" : `: ${reason}`})`;
}

/** Of the errors of a host with several addresses, the first that does not only report that this machine has no IPv6. */
function decisiveError(error: unknown): unknown {
  if (!(error instanceof AggregateError)) return error;
  const hasRoute = (one: NodeJS.ErrnoException) => !/^(ENETUNREACH|EADDRNOTAVAIL|EHOSTUNREACH)$/.test(one.code ?? "");
  return error.errors.find(hasRoute) ?? error.errors[0];
}

/** The likely reason of an untrusted certificate: the agent names a CA file that does not exist here, or that Node cannot read. */
function caAdvice(kind: HttpFailureKind, { missingCaFile, otherCaFile }: Network): string | undefined {
  if (kind !== "tls" && kind !== "proxy-tls") return undefined;
  if (otherCaFile !== undefined) {
    return (
      `The agent's CA file ${otherCaFile} does not contain a certificate as PEM text (-----BEGIN CERTIFICATE-----), which is the ` +
      "only form that works. Convert it with: openssl x509 -inform der -in ca.cer -out ca.pem."
    );
  }
  if (missingCaFile === undefined) return undefined;
  return (
    `The agent's CA file ${missingCaFile} does not exist here. In a container job, mount it into the container ` +
    "under the same path."
  );
}

function proxyFailure(failure: ProxyFailure, url: string, network: Network): HttpFailure | undefined {
  const { proxy, status, schemes, cause } = failure;
  const name = proxyName(proxy);
  const source =
    proxy.variable && `The proxy is the one that the variable ${proxy.variable} of this machine or job names.`;
  const fail = (kind: HttpFailureKind, reason: string) => {
    const advice = [source, caAdvice(kind, network)].filter(Boolean).join(" ") || undefined;
    return new HttpFailure(kind, url, reason, { cause: failure, advice });
  };
  if (status === 407) {
    const others = schemes.some((scheme) => scheme.toLowerCase() === "basic") ? [] : [...new Set(schemes)];
    if (others.length > 0) return fail("proxy-scheme", `${name} accepts only ${others.join(", ")} (407)`);
    if (proxy.username) return fail("proxy-password", `${name} does not accept the user name and the password (407)`);
    return fail("proxy-credentials", `${name} requires credentials (407)`);
  }
  if (status === 502 || status === 503 || status === 504) {
    return fail("proxy-gateway", `${name} could not connect to it (${status})`);
  }
  if (status !== undefined) return fail("proxy", `${name} refused to connect (${status})`);
  const known = networkCause(cause);
  if (known?.kind === "tls-protocol") return fail("proxy-protocol", `${name} cannot be used: ${known.reason}`);
  if (known?.kind.startsWith("tls")) return fail("proxy-tls", `${name} cannot be used: ${known.reason}`);
  const reason = known?.reason ?? (cause instanceof Error ? cause.message : String(cause));
  return fail("proxy", `${name} cannot be reached (${reason})`);
}
