import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import { type Gateway, startGateway } from "../../lab/gateway.ts";
import { workspaceHost } from "../../lab/lab.ts";
import { startProxy } from "../../lab/proxy/proxy.ts";
import { startTlsProxy } from "../../lab/proxy/tls-proxy.ts";
import type { AgentSetup } from "../steps/agent.ts";
import type { Cell, Service } from "./cells.ts";
import { faultKinds } from "./fault-kinds.ts";
import type { FaultRoom } from "./room.ts";

/** The network between the agent of one cell and the lab: a proxy, and a gateway before the service that fails. */
export interface Way {
  readonly agent: Pick<AgentSetup, "proxy" | "caFile" | "environment">;
  readonly proxyPassword: string;
  /** Whether anything has come to the place of the fault since it began. */
  met(): boolean;
  /** Begins the fault. */
  begin(): void;
  /** Ends it. */
  end(): void;
  close(): Promise<void>;
}

/** What watches the requests of a cell. */
export interface Watcher {
  /** Called with each request to a service that fails, or to the workspace. */
  readonly onRequest?: (request: IncomingMessage, service: Service) => Promise<void> | void;
  /** Called when such a service has answered, before the answer goes on. */
  readonly onAnswer?: (request: IncomingMessage, service: Service) => Promise<void> | void;
  /** Called with the host of each request to the proxy. */
  readonly onConnect?: (host: string) => void;
}

function servicesOf({ lab }: FaultRoom): Record<Exclude<Service, "proxy">, { port: number; names: readonly string[] }> {
  return {
    "Azure DevOps": { port: lab.azureDevOps.port, names: ["dev.azure.com"] },
    Entra: { port: lab.entra.port, names: ["login.microsoftonline.com"] },
    workspace: { port: lab.workspace.port, names: [workspaceHost] },
    releases: { port: lab.releases.port, names: ["github.com", "release-assets.githubusercontent.com"] },
  };
}

/** Opens the way for one cell. The fault has not begun. */
export async function openWay(room: FaultRoom, { service, fault }: Cell, watcher: Watcher): Promise<Way> {
  const kind = faultKinds[fault];
  const services = servicesOf(room);
  const credentials = { username: "agent", password: `p@ss:w/rd-${randomBytes(12).toString("hex")}` };
  let begun = false;
  let met = false;
  const proxy = await startProxy({
    ...credentials,
    onConnect(host) {
      watcher.onConnect?.(host);
      met ||= begun && (service === "proxy" || services[service].names.includes(host));
    },
  });
  proxy.map(new URL(room.elsewhere.host).hostname, room.elsewherePort);
  const gateways: Gateway[] = [];
  const gatewayOf = async (name: Exclude<Service, "proxy">) => {
    const gateway = await startGateway({
      servicePort: services[name].port,
      certificate: room.certificate,
      async onRequest(request) {
        await watcher.onRequest?.(request, name);
        met ||= begun && name === service;
      },
      onAnswer: (request) => watcher.onAnswer?.(request, name),
    });
    gateways.push(gateway);
    return gateway;
  };
  const atGateway = service === "proxy" ? undefined : await gatewayOf(service);
  const workspace = service === "workspace" ? atGateway : await gatewayOf("workspace");
  for (const [name, { port, names }] of Object.entries(services)) {
    const through = name === service ? atGateway : name === "workspace" ? workspace : undefined;
    for (const host of names) proxy.map(host, through?.port ?? port);
  }
  const atProxy = service === "proxy" ? kind.proxy : undefined;
  const front =
    typeof atProxy === "string" && atProxy.startsWith("TLS")
      ? await startTlsProxy(proxy.url, room.certificate)
      : undefined;
  const how = kind.gateway(room, service);
  const isDirect = service !== "proxy" && how === "direct";
  const direct = isDirect ? services[service].names : [];

  const { begin, end } = switches();
  function switches(): { begin: () => void; end: () => void } {
    if (service !== "proxy") {
      if (how === "direct") return { begin: () => {}, end: () => {} };
      const { names } = services[service];
      if (how === "unmapped") {
        const map = () => names.map((name) => proxy.map(name, atGateway?.port ?? 0));
        return { begin: () => names.map(proxy.unmap) && proxy.endTunnels(), end: map };
      }
      return { begin: () => atGateway?.break(how), end: () => atGateway?.mend() };
    }
    if (front && typeof atProxy === "string") {
      const { bad } = room;
      return {
        begin: () => front.present(bad[atProxy as keyof typeof bad]),
        end: () => front.present(room.certificate),
      };
    }
    if (atProxy === undefined || (typeof atProxy === "object" && "hostName" in atProxy)) {
      return { begin: () => {}, end: () => {} };
    }
    return { begin: () => proxy.break(atProxy as Parameters<typeof proxy.break>[0]), end: proxy.mend };
  }

  const address = new URL(front?.url ?? proxy.url);
  if (typeof atProxy === "object" && "hostName" in atProxy) address.hostname = atProxy.hostName;
  return {
    agent: {
      caFile: room.caFile,
      proxy: {
        url: address.href.replace(/\/$/, ""),
        ...credentials,
        bypass: direct.map((name) => name.replaceAll(".", "\\.")),
      },
      environment: isDirect ? resolver(direct, fault === "IPv6 that leads nowhere", atGateway?.port ?? 0) : {},
    },
    proxyPassword: credentials.password,
    met: () => met || isDirect || fault === "name unknown to the agent" || front !== undefined || atProxy === "refused",
    begin() {
      begun = true;
      begin();
    },
    end,
    async close() {
      await Promise.all([proxy.close(), front?.close(), ...gateways.map((gateway) => gateway.close())]);
    },
  };
}

/** The environment of an agent whose resolver does not know these names, or gives an IPv6 address first (RFC 6666: discarded). */
function resolver(names: readonly string[], known: boolean, port: number): Record<string, string> {
  const route = fileURLToPath(new URL("../../lab/names/route.cjs", import.meta.url));
  const addresses = known ? ["100::1", "127.0.0.1"] : [];
  const table = Object.fromEntries(names.map((name) => [name, { addresses, port }]));
  return { NODE_OPTIONS: `--require=${route}`, LAB_NAMES: JSON.stringify(table) };
}
