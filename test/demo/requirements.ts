import fs from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { StepSettings } from "../lab/agent/agent.ts";
import { isObject } from "../lab/agent/server/json.ts";
import type { DeployerKind } from "../lab/lab.ts";
import type { Pipeline } from "./pipeline.ts";
import { expandVariables } from "./variables.ts";

/** What the lab must offer for a pipeline. */
export interface Requirements {
  readonly connections: readonly ConnectionNeed[];
  /** Host names that the workspace must answer to; empty when neither pipeline nor bundle names one. */
  readonly workspaceHosts: readonly string[];
  /** Exact versions of the CLI that an installer step asks for. */
  readonly cliVersions: readonly string[];
}

/** A service connection, with the cloud of the workspace that it is used for. */
export interface ConnectionNeed {
  readonly name: string;
  readonly cloud: NonNullable<DeployerKind["cloud"]>;
}

/** What a pipeline and the bundles in its repository name. */
export function requirementsOf({ steps, variables }: Pipeline, folder: string): Requirements {
  const runs = steps.flatMap(({ settings }) => (settings ? [settings] : []));
  const input = (step: StepSettings, ...names: string[]) => {
    const given = Object.entries(step.inputs ?? {}).find(([key]) => names.some((name) => sameName(key, name)));
    return expandVariables(given?.[1] ?? "", variables).trim();
  };
  const deploys = runs
    .filter(({ task }) => task.startsWith("DatabricksBundleDeploy"))
    .map((step) => {
      const url = input(step, "workspaceUrl");
      const bundle = path.resolve(folder, input(step, "workingDirectory"));
      const hosts = url === "" ? bundleHosts(bundle) : [url];
      return {
        connection: input(step, "azureSubscription", "connectedServiceNameARM"),
        hosts: hosts.flatMap(hostName),
      };
    });
  const connections = new Map(deploys.map(({ connection, hosts }) => [connection, cloudOf(hosts[0])]));
  connections.delete("");
  const versions = runs.map((step) => input(step, "version")).filter((version) => /^v?\d+\.\d+\.\d+$/.test(version));
  return {
    connections: [...connections].map(([name, cloud]) => ({ name, cloud })),
    workspaceHosts: [...new Set(deploys.flatMap(({ hosts }) => hosts))],
    cliVersions: [...new Set(versions.map((version) => version.replace(/^v/, "")))],
  };
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** `workspace.host` of the bundle in a folder, at its root and in its targets. */
function bundleHosts(folder: string): string[] {
  const file = ["databricks.yml", "databricks.yaml"].map((name) => path.join(folder, name)).find(fs.existsSync);
  if (file === undefined) return [];
  const root = parseOrNothing(fs.readFileSync(file, "utf8"));
  const targets = isObject(root) && isObject(root["targets"]) ? Object.values(root["targets"]) : [];
  return [root, ...targets].flatMap((part) => {
    const host = isObject(part) && isObject(part["workspace"]) ? part["workspace"]["host"] : undefined;
    return typeof host === "string" ? [host] : [];
  });
}

/** The tasks report a bundle that is not valid YAML better than the demo could. */
function parseOrNothing(content: string): unknown {
  try {
    return parse(content);
  } catch {
    return undefined;
  }
}

/** The host of an address; none when it is not an address, which the task then reports. */
function hostName(address: string): string[] {
  const url = address.includes("://") ? address : `https://${address}`;
  return URL.canParse(url) && !address.includes("$") ? [new URL(url).hostname] : [];
}

function cloudOf(host = ""): ConnectionNeed["cloud"] {
  if (host.endsWith(".azure.us")) return "AzureUSGovernment";
  return host.endsWith(".azure.cn") ? "AzureChinaCloud" : "AzureCloud";
}
