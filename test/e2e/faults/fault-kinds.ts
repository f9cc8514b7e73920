import type { ServerCertificate } from "../../lab/certificates.ts";
import type { GatewayFault } from "../../lab/gateway.ts";
import type { ProxyFault } from "../../lab/proxy/proxy.ts";
import type { FaultName, Service } from "./cells.ts";

/** Certificates that a client must refuse. */
export type BadCertificate = "TLS untrusted" | "TLS expired" | "TLS wrong name";

/** What faults need from the place where they happen. */
export interface FaultSources {
  readonly bad: Readonly<Record<BadCertificate, ServerCertificate>>;
  /** Addresses to which nothing of a step may be sent. */
  readonly elsewhere: { readonly host: string; readonly loopback: string };
}

/** How a fault is caused, and the words of an error about it. */
interface FaultKind {
  /** At the gateway before the service; `direct`: at the agent's resolver; `unmapped`: at the proxy. */
  readonly gateway: (sources: FaultSources, service: Service) => GatewayFault | "direct" | "unmapped";
  /** At the proxy itself; a certificate if it is an HTTPS proxy; another address of it. */
  readonly proxy?: ProxyFault | BadCertificate | { readonly hostName: string };
  readonly words: RegExp;
}

/** An error as the services give it, by its status. */
function status(code: number, reason: string, headers: Readonly<Record<string, string>> = {}): FaultKind {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return {
    gateway: (_, service) => ({ status: code, headers, body: errorBody(service, code, reason) }),
    proxy: { statusLine: `${code} ${reason}`, headers: lines },
    words: new RegExp(`\\b${code}\\b|${reason}`, "i"),
  };
}

function errorBody(service: Service, code: number, reason: string): unknown {
  if (service === "workspace") return { error_code: String(code), message: reason };
  if (service === "Entra") return { error: reason.toLowerCase().replaceAll(" ", "_"), error_description: reason };
  return service === "Azure DevOps" ? { message: reason } : reason;
}

function redirect(where: "host" | "loopback"): FaultKind {
  return {
    gateway: ({ elsewhere }) => ({ status: 302, headers: { Location: elsewhere[where] }, body: "" }),
    proxy: { statusLine: "302 Found", headers: [`Location: https://elsewhere.contoso.example/`] },
    words:
      /redirect|: Found|not found|has no such release|\b302\b|\b404\b|web page|plain HTTP|only https|not a JSON|invalid character|unexpected/i,
  };
}

function tls(name: BadCertificate, about: RegExp): FaultKind {
  const words = new RegExp(`was interrupted|EOF|${about.source}`, "i");
  return { gateway: ({ bad }) => ({ certificate: bad[name] }), proxy: name, words };
}

const page = "<!DOCTYPE html><html><head><title>Blocked by policy</title></head><body>Blocked.</body></html>";
const broken = /interrupted|incomplete|closes the connection|cannot be reached|EOF|reset|hang up|could not connect/i;
/** Also what ends the connections that are open when such a fault begins. */
const noConnection = /was interrupted|EOF|could not connect|refused|cannot be reached|proxyconnect|Bad Gateway/i;
const noName =
  /was interrupted|EOF|unknown|could not connect|not be resolved|no such host|cannot be reached|Bad Gateway/i;
const notJson =
  /does not contain a token|web page|neither|unexpected|instead of a response|invalid character|encod|not JSON|not a git/i;

export const faultKinds: Readonly<Record<FaultName, FaultKind>> = {
  refused: { gateway: () => ({ refuses: true }), proxy: "refused", words: noConnection },
  reset: { gateway: () => ({ reset: true }), proxy: "reset", words: broken },
  stall: {
    gateway: () => ({ hold: true }),
    proxy: "stall",
    words: /did not answer in time|within \d+ seconds|timed? ?out|deadline/i,
  },
  "one byte a second": {
    gateway: () => ({ alter: "drip" }),
    proxy: "drip",
    words: /not complete after|did not answer in time|within \d+ seconds|timed? ?out|deadline|less than/i,
  },
  truncated: { gateway: () => ({ alter: "truncated" }), proxy: "truncated", words: broken },
  "401": status(401, "Unauthorized"),
  "403": status(403, "Forbidden"),
  "404": { ...status(404, "Not Found"), words: /\b404\b|not found|has no such release|no deployed resource/i },
  "408": status(408, "Request Timeout"),
  "409": status(409, "Conflict"),
  "429 with Retry-After": status(429, "Too Many Requests", { "Retry-After": "1" }),
  "500": status(500, "Internal Server Error"),
  "502": status(502, "Bad Gateway"),
  "503": status(503, "Service Unavailable"),
  "504": status(504, "Gateway Timeout"),
  "web page": { gateway: () => ({ html: page }), proxy: "page", words: /web page|TLS|SSL|protocol|html|record/i },
  "redirect to another host": redirect("host"),
  "redirect to loopback": redirect("loopback"),
  "wrong content type": { gateway: () => ({ alter: "relabeled" }), words: /content.type|web page/i },
  "encoded with gzip": { gateway: () => ({ alter: "gzip" }), words: notJson },
  "wrong Content-Encoding": { gateway: () => ({ alter: "br" }), words: notJson },
  huge: { gateway: () => ({ alter: "huge" }), words: /larger than|SHA-256 mismatch/i },
  "invalid JSON": {
    gateway: () => ({ status: 200, headers: { "content-type": "application/json" }, body: '{"a":' }),
    words: notJson,
  },
  "TLS untrusted": tls("TLS untrusted", /not trusted|unknown authority|certificate/i),
  "TLS expired": tls("TLS expired", /expired/i),
  "TLS wrong name": tls(
    "TLS wrong name",
    /another name|certificate is (?:valid )?for|not valid for|doesn't contain any/i,
  ),
  "name unknown to the proxy": { gateway: () => "unmapped", words: noName },
  "name unknown to the agent": {
    gateway: () => "direct",
    proxy: { hostName: "proxy.contoso.invalid" },
    words: noName,
  },
  "IPv6 that leads nowhere": { gateway: () => "direct", proxy: { hostName: "localhost" }, words: noConnection },
};
