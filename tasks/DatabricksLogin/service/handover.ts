import type { AccessToken } from "../../common/identity/access-token.ts";
import type { JobInfo } from "../../common/pipeline/job.ts";
import type { AgentProxy, Network, UrlPattern } from "../../common/pipeline/network.ts";
import { noProxyPattern } from "../../common/pipeline/no-proxy.ts";
import type { FederatedConnection } from "../../common/pipeline/service-connection.ts";
import type { LoginInputs } from "../inputs.ts";

/** The service is the same file as the step, started with this argument. */
export const serviceArgument = "service";

/** What the service needs to give out tokens and to renew them. It contains credentials, and goes only through a pipe. */
export interface Handover {
  readonly inputs: LoginInputs;
  readonly connection: FederatedConnection;
  readonly job: JobInfo;
  /** The token that the step has signed in with. */
  readonly token: AccessToken;
  readonly network: Network;
}

/** The handover as JSON can carry it, with what only the step's process can tell. */
export interface HandoverMessage extends Omit<Handover, "network"> {
  readonly network: NetworkMessage;
  /** The process whose end is the end of the job; undefined if there is none to watch. */
  readonly workerPid: number | undefined;
}

/** Where programs of the job ask the service for tokens, and where the post-job step ends it. All are secrets. */
export interface ServiceAddresses {
  readonly metadataServiceUrl: string;
  readonly stopUrl: string;
  readonly oauth: { readonly id: string; readonly secret: string; readonly discoveryUrl: string } | undefined;
}

/** What the service tells the step once it can answer, or if it cannot. */
export type ServiceMessage = { readonly ready: ServiceAddresses } | { readonly failure: string };

/** The step's last message: from now on the service goes on without it. Without this, the service ends with the step. */
export const keepMessage = "keep";

interface NetworkMessage extends Omit<Network, "proxy"> {
  readonly proxy:
    | (Omit<AgentProxy, "url" | "bypass"> & { readonly url: string; readonly bypass: readonly PatternMessage[] })
    | undefined;
}

/** A pattern of the agent, which is a regular expression, or an entry of NO_PROXY, which is none: `*.corp.example`. */
type PatternMessage = { readonly regExp: string } | { readonly noProxy: string };

export function networkMessage({ proxy, ...rest }: Network): NetworkMessage {
  if (!proxy) return { ...rest, proxy: undefined };
  return { ...rest, proxy: { ...proxy, url: proxy.url.href, bypass: proxy.bypass.map(patternMessage) } };
}

export function networkOf({ proxy, ...rest }: NetworkMessage): Network {
  if (!proxy) return { ...rest, proxy: undefined };
  return { ...rest, proxy: { ...proxy, url: new URL(proxy.url), bypass: proxy.bypass.map(patternOf) } };
}

function patternMessage(pattern: UrlPattern): PatternMessage {
  return pattern instanceof RegExp ? { regExp: pattern.source } : { noProxy: pattern.source };
}

function patternOf(message: PatternMessage): UrlPattern {
  return "regExp" in message ? new RegExp(message.regExp, "i") : noProxyPattern(message.noProxy);
}
