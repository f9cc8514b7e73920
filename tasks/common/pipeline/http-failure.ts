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
  | "tls-weak" // the certificate is not made for this use, or too weak
  | "tls-protocol" // no TLS connection, whatever the certificate
  | "not-http" // an answer that is not HTTP
  | "proxy"
  | "proxy-credentials" // it requires some
  | "proxy-password" // it refuses those that were sent
  | "proxy-scheme" // it accepts only credentials of another kind
  | "proxy-gateway" // the proxy does not reach the host
  | "proxy-tls" // the certificate of the proxy
  | "proxy-protocol" // no TLS connection with the proxy, whatever the certificate
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
  "not-http",
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
  "tls-weak":
    "The certificate of {host}, or of the proxy that inspects TLS, must be issued again without the reason in parentheses: usually for a " +
    "server, signed with SHA-256, and with an RSA key of at least 2048 bits.",
  "tls-protocol":
    "Check the address, and whether something else answers in place of {host}, such as a proxy. A server without TLS 1.2, or one " +
    "that requires a client certificate, cannot be used.",
  "not-http": "Check the address, and whether something else answers in place of {host}, such as a proxy.",
  proxy: `Check the agent's proxy (${configure} --proxyurl) and that it allows {host}.`,
  "proxy-credentials":
    "The agent's proxy requires credentials. Configure the agent with --proxyusername and --proxypassword.",
  "proxy-password":
    "Check the user name and the password of the proxy. Those of the agent are set with --proxyusername and --proxypassword.",
  "proxy-scheme":
    "The task and the Databricks CLI sign in to a proxy only with a user name and a password (Basic). Let the proxy accept " +
    "that, or pass {host} without a sign-in, or configure the agent with a proxy on this machine that signs in to the other one.",
  "proxy-gateway":
    "Check the address first: a proxy answers like this if {host} does not exist. If the address is right, check " +
    "that the proxy can reach {host}.",
  "proxy-tls":
    "Check the certificate of the proxy, and the clock of this agent. If the certificate is from a private CA, " +
    `configure the agent with that CA (${configure} --sslcacert). The proxy's password was not sent.`,
  "proxy-protocol":
    "If the proxy expects HTTP, which is usual, let its address begin with http:// instead of https://. The proxy's password was " +
    "not sent.",
  redirects: "Check the URL, and whether a proxy or a sign-in portal is between this agent and {host}.",
  insecure: "Use an https:// URL.",
  "too-large": "Check the URL: {host} returned something other than expected.",
};
