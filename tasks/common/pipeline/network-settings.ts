import fs from "node:fs";
import { getHttpCertConfiguration, getHttpProxyConfiguration } from "azure-pipelines-task-lib/task";
import { environmentName } from "./environment.ts";
import { UserError } from "./errors.ts";
import { jobVariables } from "./job.ts";
import type { AgentProxy, Network, UrlPattern } from "./network.ts";
import { noProxyPattern } from "./no-proxy.ts";

/**
 * The agent's proxy and CA; HTTPS_PROXY and NO_PROXY of the machine apply where the agent has no proxy, NODE_EXTRA_CA_CERTS
 * adds to its CA. Throws a UserError for settings that cannot be used, or that a variable of the job has replaced.
 */
export function agentNetwork(environment: NodeJS.ProcessEnv = process.env, names = namesOfJob()): Network {
  refuseImitation(names);
  const caFile = getHttpCertConfiguration()?.caFile;
  const missingCaFile = caFile && !fs.existsSync(caFile) ? caFile : undefined;
  const extraFile = environment["NODE_EXTRA_CA_CERTS"];
  const isUntrusted = untrustedCertificates(names)("NODE_EXTRA_CA_CERTS");
  const ofAgent = caFile && !missingCaFile ? readCertificates(caFile) : undefined;
  return {
    proxy: agentProxy() ?? machineProxy(environment),
    extraCertificates: certificates(ofAgent, extraFile, isUntrusted),
    nodeTrustsMore: isUntrusted && !!extraFile,
    missingCaFile,
    otherCaFile: ofAgent === undefined || /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/.test(ofAgent) ? undefined : caFile,
  };
}

function namesOfJob(): readonly string[] {
  return jobVariables().map(({ name }) => name);
}

/** The names from which task-lib reads the agent's own settings. */
const agentSettings = [
  "agent.proxyurl",
  "agent.proxyusername",
  "agent.proxypassword",
  "agent.proxybypasslist",
  "agent.cainfo",
];

/**
 * The agent's settings reach a task as variables that steps cannot set. A variable with another name that becomes the same
 * name in the environment would send the job's token and the proxy's password to the author of that variable.
 */
function refuseImitation(names: readonly string[]): void {
  const written = new Set(agentSettings.map(environmentName));
  const imitation = names.find(
    (name) => written.has(environmentName(name)) && !agentSettings.includes(name.toLowerCase()),
  );
  if (imitation === undefined) return;
  throw new UserError(`The variable ${imitation} of this job replaces a setting of the agent, which is not allowed.`, {
    hint:
      "Remove it from the pipeline, or from the earlier step that sets it. To use a proxy or a CA, configure " +
      "the agent with --proxyurl and --sslcacert, or set HTTPS_PROXY.",
    section: "network",
  });
}

function agentProxy(): AgentProxy | undefined {
  const configured = getHttpProxyConfiguration();
  if (!configured) return undefined;
  const url = proxyAddress(configured.proxyUrl);
  requireHttp(url, "The agent's proxy (--proxyurl)", "Configure the agent with the address of an HTTP proxy.");
  return {
    url,
    username: configured.proxyUsername || decoded(url.username) || undefined,
    password: configured.proxyPassword || decoded(url.password) || undefined,
    bypass: (configured.proxyBypassHosts ?? []).flatMap((pattern) => bypassPattern(pattern) ?? []),
  };
}

/**
 * The agent's patterns are .NET patterns. Those that JavaScript cannot read are read as `*.domain` or ignored, as the
 * agent does.
 */
function bypassPattern(pattern: string): UrlPattern | undefined {
  try {
    return new RegExp(pattern, "i");
  } catch {
    return /^\*\.[\w.-]+$/.test(pattern) ? noProxyPattern(pattern) : undefined;
  }
}

function machineProxy(environment: NodeJS.ProcessEnv): AgentProxy | undefined {
  const value = environment["HTTPS_PROXY"] || environment["https_proxy"];
  if (!value) return undefined;
  const url = proxyAddress(value);
  const hint = "Correct it on this agent or in the job, or configure the agent with --proxyurl.";
  requireHttp(url, "The variable HTTPS_PROXY", hint);
  const bypass = (environment["NO_PROXY"] || environment["no_proxy"] || "").split(",").map((host) => host.trim());
  return {
    url,
    variable: "HTTPS_PROXY",
    username: decoded(url.username) || undefined,
    password: decoded(url.password) || undefined,
    bypass: bypass.filter((host) => host !== "").map(noProxyPattern),
  };
}

/** Throws a UserError unless `url` is the address of an HTTP proxy. `what` names the setting. */
function requireHttp(url: URL | undefined, what: string, hint: string): asserts url is URL {
  if (url && /^https?:$/.test(url.protocol) && url.hostname !== "") return;
  // The address may contain a password.
  const why =
    url && /^socks/.test(url.protocol)
      ? `names a SOCKS proxy (${url.protocol}//${url.host}), which the tasks do not support`
      : "is not the address of an HTTP proxy";
  throw new UserError(`${what} ${why}.`, { hint, section: "network" });
}

/** A proxy without a scheme uses HTTP (Go: net/http, ProxyFromEnvironment). */
function proxyAddress(value: string): URL | undefined {
  const address = value.includes("://") ? value : `http://${value}`;
  return URL.canParse(address) ? new URL(address) : undefined;
}

/** A password that contains a bare % was not encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Passwords of proxies, in every spelling in which a program may print them. */
export function proxyPasswords({ proxy }: Network, environment: NodeJS.ProcessEnv = process.env): string[] {
  const variables = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].map((name) => environment[name] ?? "");
  const written = variables.flatMap((value) => proxyAddress(value)?.password ?? []);
  const plain = [...written.map(decoded), proxy?.password ?? ""];
  const spellings = [...written, ...plain, ...plain.map(encodeURIComponent)];
  return [...new Set(spellings)].filter((password) => password !== "");
}

/** Variables that name certificate authorities for Node, or for programs that the tasks start. */
const certificateVariables = new Set([
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
]);

/**
 * Returns a test for variables that name certificate authorities and that any step of the job could have set. With its own
 * authority and proxy, a step could read every token.
 */
export function untrustedCertificates(names = namesOfJob()) {
  const written = new Set(names.map(environmentName));
  return (name: string): boolean => certificateVariables.has(name.toUpperCase()) && written.has(name.toUpperCase());
}

/** PEM text. Empty when Node's own list contains more than is trusted, undefined when that list is right. */
function certificates(
  ofAgent: string | undefined,
  extraFile: string | undefined,
  isUntrusted: boolean,
): string | undefined {
  if (ofAgent === undefined && !extraFile) return undefined;
  const extra = extraFile && !isUntrusted ? readIfThere(extraFile) : "";
  return [ofAgent ?? "", extra].filter((text) => text !== "").join("\n");
}

function readCertificates(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`Cannot read the agent's CA file ${file}: ${String(error)}`, {
      hint: "The agent was configured with this file (--sslcacert). Restore the file, or configure the agent again.",
      section: "network",
    });
  }
}

/** Like Node, continues without a file that it cannot read. */
function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
