import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import { type Gateway, startGateway } from "../../lab/gateway.ts";
import { workspaceHost } from "../../lab/lab.ts";
import { type Proxy as ConnectProxy, type ProxyFault, startProxy } from "../../lab/proxy/proxy.ts";
import { startTlsProxy, type TlsProxy } from "../../lab/proxy/tls-proxy.ts";
import type { AgentSetup } from "../steps/agent.ts";
import type { Cell, Service } from "./cells.ts";
import { type BadCertificate, faultKinds } from "./fault-kinds.ts";
import type { FaultRoom } from "./room.ts";

/** The network between the agent of one cell and the lab: a proxy, and a gateway before the service that fails. */
export interface Way {
  readonly agent: Pick<AgentSetup, "proxy" | "caFile" | "environment">;
  readonly proxyPassword: string;
  /** Whether anything has come to the place of the fault since it began, as far as the lab can see it. */
  met(): boolean;
  /** Begins the fault. */
  begin(): void;
  /** Ends it. */
  end(): void;
  close(): Promise<void>;
}

/** What watches the requests of a cell. */
export interface Watcher {
  /** Called with each request to the service that fails, and to the workspace. */
  readonly onRequest?: (request: IncomingMessage, service: Service) => Promise<void> | void;
  /** Called when such a service has answered, before the answer goes on. */
  readonly onAnswer?: (request: IncomingMessage, service: Service) => Promise<void> | void;
  /** Called with the host of each request to the proxy. */
  readonly onConnect?: (host: string) => void;
}

type Server = Exclude<Service, "proxy">;

const namesOf: Readonly<Record<Server, readonly string[]>> = {
  "Azure DevOps": ["dev.azure.com"],
  Entra: ["login.microsoftonline.com"],
  workspace: [workspaceHost],
  releases: ["github.com", "release-assets.githubusercontent.com"],
};

/** The servers on the way. */
interface Devices {
  readonly proxy: ConnectProxy;
  /** Before `proxy`, with TLS; undefined if the agent uses `proxy` itself. */
  readonly front: TlsProxy | undefined;
  /** Before the service that fails; undefined if that is the proxy. */
  readonly gateway: Gateway | undefined;
}

/** What begins and ends a fault. */
interface Switch {
  begin(): void;
  end(): void;
}

const nothing: Switch = { begin() {}, end() {} };

/** Opens the way for one cell. The fault has not begun. */
export async function openWay(room: FaultRoom, cell: Cell, watcher: Watcher): Promise<Way> {
  const { service, fault } = cell;
  const credentials = { username: "agent", password: `p@ss:w/rd-${randomBytes(12).toString("hex")}` };
  let begun = false;
  let met = false;
  const isAtFault = (host: string) => service === "proxy" || namesOf[service].includes(host);
  const proxy = await startProxy({
    ...credentials,
    onConnect(host) {
      watcher.onConnect?.(host);
      met ||= begun && isAtFault(host);
    },
  });
  const gateways = await connect(room, proxy, service, watcher);
  const front = isTls(faultKinds[fault].proxy) && service === "proxy" ? await tlsProxy(room, proxy) : undefined;
  const gateway = service === "proxy" ? undefined : gateways[service];
  const devices: Devices = { proxy, front, gateway };
  const { begin, end } = service === "proxy" ? atProxy(room, cell, devices) : atService(room, service, cell, devices);
  const isDirect = service !== "proxy" && faultKinds[fault].gateway(room, service) === "direct";
  const direct = isDirect ? namesOf[service] : [];
  const bypass = direct.map((name) => name.replaceAll(".", "\\."));
  const environment = isDirect ? resolver(direct, fault === "IPv6 that leads nowhere", gateway?.port ?? 0) : {};
  // The lab does not see a proxy that no request reaches, a client that ends a handshake, and a resolver.
  const isUnseen = isDirect || front !== undefined || (service === "proxy" && /^(refused|name unknown)/.test(fault));
  return {
    agent: { caFile: room.caFile, proxy: { url: addressOf(cell, devices), ...credentials, bypass }, environment },
    proxyPassword: credentials.password,
    met: () => met || isUnseen,
    begin() {
      begun = true;
      begin();
    },
    end,
    async close() {
      await Promise.all([proxy.close(), front?.close(), ...Object.values(gateways).map((one) => one.close())]);
    },
  };
}

/** Connects the proxy with the services of the lab: with the one that fails, and with the workspace, through a gateway. */
async function connect(
  { lab, certificate, elsewhere, elsewherePort }: FaultRoom,
  proxy: ConnectProxy,
  failing: Service,
  { onRequest, onAnswer }: Watcher,
): Promise<Partial<Record<Server, Gateway>>> {
  const ports: Record<Server, number> = {
    "Azure DevOps": lab.azureDevOps.port,
    Entra: lab.entra.port,
    workspace: lab.workspace.port,
    releases: lab.releases.port,
  };
  const gateways: Partial<Record<Server, Gateway>> = {};
  for (const name of Object.keys(ports) as Server[]) {
    const settings = {
      servicePort: ports[name],
      certificate,
      onRequest: (request: IncomingMessage) => onRequest?.(request, name),
      onAnswer: (request: IncomingMessage) => onAnswer?.(request, name),
    };
    if (name === failing || name === "workspace") gateways[name] = await startGateway(settings);
    for (const host of namesOf[name]) proxy.map(host, gateways[name]?.port ?? ports[name]);
  }
  proxy.map(new URL(elsewhere.host).hostname, elsewherePort);
  return gateways;
}

function tlsProxy({ certificate }: FaultRoom, proxy: ConnectProxy): Promise<TlsProxy> {
  return startTlsProxy(proxy.url, certificate);
}

function atService(room: FaultRoom, service: Server, { fault }: Cell, { proxy, gateway }: Devices): Switch {
  const how = faultKinds[fault].gateway(room, service);
  if (how === "direct" || gateway === undefined) return nothing;
  if (how !== "unmapped") return { begin: () => gateway.break(how), end: gateway.endFault };
  return {
    begin() {
      for (const name of namesOf[service]) proxy.unmap(name);
      proxy.endTunnels();
      gateway.break({ refuses: true });
    },
    end() {
      gateway.endFault();
      for (const name of namesOf[service]) proxy.map(name, gateway.port);
    },
  };
}

function atProxy({ bad, certificate }: FaultRoom, { fault }: Cell, { proxy, front }: Devices): Switch {
  const { proxy: how } = faultKinds[fault];
  if (how === undefined || (typeof how === "object" && "hostName" in how)) return nothing;
  if (isTls(how)) return { begin: () => front?.present(bad[how]), end: () => front?.present(certificate) };
  return { begin: () => proxy.break(how), end: proxy.endFault };
}

function isTls(how: ProxyFault | BadCertificate | { readonly hostName: string } | undefined): how is BadCertificate {
  return typeof how === "string" && how.startsWith("TLS");
}

/** The address of the proxy in the agent's configuration. */
function addressOf({ service, fault }: Cell, { proxy, front }: Devices): string {
  const address = new URL(front?.url ?? proxy.url);
  const { proxy: how } = faultKinds[fault];
  if (service === "proxy" && typeof how === "object" && "hostName" in how) address.hostname = how.hostName;
  return address.origin;
}

/** The environment of an agent whose resolver does not know these names, or gives an IPv6 address first (RFC 6666: discarded). */
function resolver(names: readonly string[], known: boolean, port: number): Record<string, string> {
  const route = fileURLToPath(new URL("../../lab/names/route.cjs", import.meta.url));
  const addresses = known ? ["100::1", "127.0.0.1"] : [];
  const table = Object.fromEntries(names.map((name) => [name, { addresses, port }]));
  return { NODE_OPTIONS: `--require=${route}`, LAB_NAMES: JSON.stringify(table) };
}
