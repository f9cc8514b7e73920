import { BlockList, isIP } from "node:net";
import type { UrlPattern } from "./network.ts";

/**
 * Reads an entry of NO_PROXY as the CLI does (Go: golang.org/x/net/http/httpproxy): `*`, an IP address, addresses in CIDR
 * notation, a name, which also means the names below it, or `.name` and `*.name`, which mean only those. All but CIDR can have
 * a port.
 */
export function noProxyPattern(entry: string): UrlPattern {
  if (entry === "*") return /.*/;
  const [, network = "", prefix] = /^(.*)\/(\d{1,3})$/.exec(entry) ?? [];
  const matches = isIP(network) > 0 ? ofNetwork(network, Number(prefix)) : ofHost(entry.toLowerCase());
  return { source: entry, test: (url) => matches(new URL(url)) };
}

type Matches = (url: URL) => boolean;

/** No address is in a network with an impossible prefix. */
function ofNetwork(address: string, prefix: number): Matches {
  const list = new BlockList();
  if (prefix <= (isIP(address) === 4 ? 32 : 128)) list.addSubnet(address, prefix, familyOf(address));
  return ({ hostname }) => contains(list, hostname);
}

function ofHost(entry: string): Matches {
  const [, bracketed, named, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  const host = bracketed ?? named ?? entry;
  const matches = isIP(host) > 0 ? ofAddress(host) : ofName(host);
  return (url) => matches(url) && (port === undefined || port === portOf(url));
}

function ofAddress(address: string): Matches {
  const list = new BlockList();
  list.addAddress(address, familyOf(address));
  return ({ hostname }) => contains(list, hostname);
}

function ofName(name: string): Matches {
  const end = name.replace(/^\*(?=\.)/, "");
  return ({ hostname }) => hostname.endsWith(end.startsWith(".") ? end : `.${end}`) || hostname === end;
}

function contains(list: BlockList, hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  return isIP(address) > 0 && list.check(address, familyOf(address));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}

function portOf({ protocol, port }: URL): string {
  return port || (protocol === "http:" ? "80" : "443");
}
