import type { Agent, AgentOptions, ClientRequest, RequestOptions } from "node:http";
import type { Socket } from "node:net";
import type { PeerCertificate, SecureContext } from "node:tls";
import type { HttpsProxyAgent as HttpsProxyAgentOf } from "https-proxy-agent";
import { type AgentProxy, type Network, proxyFor } from "./network.ts";
import { ProxyFailure } from "./network-errors.ts";

/** How requests reach one host. */
export interface Connection {
  readonly options: RequestOptions;
  /**
   * Returns the error of a request, as a ProxyFailure if the proxy had not connected it to its host. `attempt` is what the
   * request's options have under `attemptKey`.
   */
  explain(error: unknown, attempt: unknown): unknown;
}

/** Node gives an agent the options of a request, but without its signal. */
export const attemptKey = Symbol("attempt");

/**
 * A request that follows soon uses the connection of the one before. A connection that is not used for this many
 * milliseconds is closed: the network can have forgotten it after a longer pause.
 */
const reuse = { keepAlive: true, timeout: 4_000 };

/** Options of node:tls that http passes on to it. */
interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity?: (name: string, certificate: PeerCertificate) => Error | undefined;
  readonly secureContext?: SecureContext;
}

/**
 * Node tries the addresses of a host one after the other, IPv4 and IPv6 in turn, and gives each but the last this many
 * milliseconds. Its default of 250 is too short for a distant host.
 */
const addressTimeout = { autoSelectFamilyAttemptTimeout: 2_500 };

const secureContexts = new WeakMap<Network, SecureContext>();

/**
 * Trusts the public roots and the agent's own authorities. The context is created once. Verification is set explicitly, because
 * the variable NODE_TLS_REJECT_UNAUTHORIZED changes the default.
 */
async function tlsOptions(network: Network): Promise<TlsOptions> {
  const verified = { rejectUnauthorized: true };
  if (network.extraCertificates === undefined) return verified;
  const secureContext = secureContexts.get(network) ?? (await trusting(network.extraCertificates, network));
  secureContexts.set(network, secureContext);
  return { ...verified, secureContext };
}

/** What Node has behind a context since version 0.12; it is not a part of its documented interface. */
interface NativeContext {
  readonly addCACert?: (certificates: string) => void;
}

async function trusting(extraCertificates: string, { nodeTrustsMore = true }: Network): Promise<SecureContext> {
  const { createSecureContext, rootCertificates } = await import("node:tls");
  const context = createSecureContext();
  const native = context.context as NativeContext;
  // Adding to Node's own list takes a millisecond. The option `ca` replaces it, and reading about 150 certificates again takes
  // longer than a request.
  if (nodeTrustsMore || !native.addCACert) return createSecureContext({ ca: [...rootCertificates, extraCertificates] });
  if (extraCertificates !== "") native.addCACert(extraCertificates);
  return context;
}

/** A URL writes an IPv6 address in brackets, a socket without them. */
function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/**
 * Returns a test whether a certificate is for `host`. Not every Node recognizes an IPv6 address in a certificate (24.18 does
 * not), but its OpenSSL does.
 */
async function certificateCheck(host: string): Promise<NonNullable<TlsOptions["checkServerIdentity"]>> {
  const { isIP } = await import("node:net");
  const { checkServerIdentity } = await import("node:tls");
  if (isIP(host) === 0) return (_, certificate) => checkServerIdentity(host, certificate);
  const { X509Certificate } = await import("node:crypto");
  return (_, { raw }) => {
    if (new X509Certificate(raw).checkIP(host) !== undefined) return undefined;
    const reason = new Error(`The certificate does not contain the IP address ${host}.`);
    return Object.assign(reason, { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  };
}

/** The connection for requests to the host of `url`, with this network's proxy and certificates. */
export async function connectionTo(network: Network, url: URL): Promise<Connection> {
  const host = withoutBrackets(url.hostname);
  const tls = await tlsOptions(network);
  const proxy = proxyFor(network, url);
  if (proxy) return throughProxy(proxy, host, tls);
  const agent = await directAgent(url, { ...tls, checkServerIdentity: await certificateCheck(host) });
  return { options: { host, agent }, explain: (error) => error };
}

async function directAgent(url: URL, tls: TlsOptions): Promise<Agent> {
  const options: AgentOptions & typeof addressTimeout = { ...addressTimeout, ...reuse };
  // Node's network modules are loaded with the first request: steps that fail on their inputs start faster.
  if (url.protocol === "http:") return new (await import("node:http")).Agent(options);
  return new (await import("node:https")).Agent({ ...options, ...tls });
}

async function throughProxy(proxy: AgentProxy, host: string, tls: TlsOptions): Promise<Connection> {
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  // The library does not pass its own options on to the connection with the host, and gives that connection no name to verify
  // if the host is an IP address. As options of a request, they would make newer versions of Node connect for each request.
  const toHost = { ...tls, checkServerIdentity: await certificateCheck(host) };
  /** The requests that wait for the proxy. */
  const waiting = new Set<unknown>();
  class ProxyAgent extends HttpsProxyAgent<string> {
    override async connect(...[request, options]: Parameters<HttpsProxyAgentOf<string>["connect"]>) {
      const { [attemptKey]: attempt } = options as { [attemptKey]?: unknown };
      waiting.add(attempt);
      try {
        return await super.connect(request, { ...options, ...toHost });
      } catch (error) {
        throw error instanceof ProxyFailure ? error : new ProxyFailure(proxy, { cause: error });
      } finally {
        waiting.delete(attempt);
      }
    }
  }
  // The credentials are not part of the address, which the library writes to its debug output.
  const address = new URL(proxy.url.origin);
  const agent = new ProxyAgent(address, {
    ...addressTimeout,
    ...reuse,
    // As Node's own agents do: otherwise a request can wait 40 ms until the proxy confirms the handshake before it.
    noDelay: true,
    ...tls,
    checkServerIdentity: await certificateCheck(withoutBrackets(address.hostname)),
    headers: credentials(proxy),
  });
  agent.on("proxyConnect", (answer: ProxyAnswer, request: ClientRequest) => {
    if (answer.statusCode !== 200) request.once("proxy", ({ socket }) => refuse(proxy, answer, socket));
  });
  const options: RequestOptions & { secureEndpoint: true } = { secureEndpoint: true, host, agent };
  return {
    options,
    explain: (error, attempt) =>
      waiting.has(attempt) && !(error instanceof ProxyFailure) ? new ProxyFailure(proxy, { cause: error }) : error,
  };
}

function credentials({ username, password }: AgentProxy): Record<string, string> {
  if (!username) return {};
  const encoded = Buffer.from(`${username}:${password ?? ""}`).toString("base64");
  return { "Proxy-Authorization": `Basic ${encoded}` };
}

/** What the library tells about the answer to CONNECT. */
interface ProxyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The library would return the answer of the proxy as if it came from the host. */
function refuse(proxy: AgentProxy, { statusCode, headers }: ProxyAnswer, socket: Socket): never {
  socket.destroy();
  if (Number.isNaN(statusCode)) throw new ProxyFailure(proxy, { cause: new Error("its answer is not valid HTTP") });
  throw new ProxyFailure(proxy, { status: statusCode, authenticate: headers["proxy-authenticate"] });
}
