import fs from "node:fs";
import path from "node:path";
import type { Lab } from "../../lab/lab.ts";
import { proxyUrl } from "../../lab/person.ts";
import { newestNode } from "../nodes.ts";
import { goClient, pythonClients } from "./clients/clients.ts";

const folder = path.join(import.meta.dirname, "clients");
const packages = path.resolve(import.meta.dirname, "../../../package.json");

/** Commands that run a client again and again, `calls` times with `seconds` between them. */
export interface Clients {
  python(calls: number, seconds: number): string;
  go(calls: number, seconds: number): string;
  javascript(calls: number, seconds: number): string;
  /** The SQL connector for Python. */
  sql(calls: number, seconds: number): string;
  /** databricks-connect. */
  connect(calls: number, seconds: number): string;
  readonly pytest: string;
  readonly dbt: string;
  readonly curl: string;
}

/** Installs the clients, unless they are there. For a hook that runs before the tests: the first time, this takes minutes. */
export async function installClients(): Promise<{ python: string; dbt: string; go: string }> {
  return { python: await pythonClients("python"), dbt: await pythonClients("dbt"), go: await goClient() };
}

/** Copies the programs that use the clients into the folder `clients` of a job, and gives the commands that run them. */
export async function prepareClients(workingDirectory: string): Promise<Clients> {
  const { python, dbt, go } = await installClients();
  fs.cpSync(folder, path.join(workingDirectory, "clients"), { recursive: true });
  return {
    python: (calls, seconds) => `${python}/python clients/sdk.py ${calls} ${seconds}`,
    go: (calls, seconds) => `${go} ${calls} ${seconds}s`,
    // Databricks' SDK for JavaScript needs Node 22 or later.
    javascript: (calls, seconds) =>
      `CLIENT_PACKAGES=${packages} NODE_OPTIONS="--require $PWD/clients/route.cjs" ` +
      `${newestNode.path} clients/sdk.mjs ${calls} ${seconds * 1000}`,
    // gRPC reads variables of its own.
    connect: (calls, seconds) =>
      `https_proxy="$HTTPS_PROXY" GRPC_DEFAULT_SSL_ROOTS_FILE_PATH="$SSL_CERT_FILE" ${python}/python clients/connect.py ${calls} ${seconds}`,
    pytest: `${python}/python -m pytest -q -p no:cacheprovider clients/test_workspace.py`,
    sql: (calls, seconds) => `${python}/python clients/sql.py ${calls} ${seconds}`,
    dbt: `${dbt}/dbt --no-version-check build --project-dir clients/dbt --profiles-dir clients/dbt`,
    curl: "bash clients/curl.sh",
  };
}

/** The environment by which programs on an agent reach the lab: what an organization with a proxy and a CA of its own sets. */
export function clientNetwork({ agentNetwork, workspace }: Lab): Record<string, string> {
  const { caFile = "" } = agentNetwork;
  const certificates = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
  return {
    HTTPS_PROXY: proxyUrl({ agentNetwork }),
    // For what knows no proxy: see clients/route.cjs.
    LAB_ROUTE: `${new URL(workspace.url).hostname}:${workspace.port}`,
    ...Object.fromEntries(certificates.map((name) => [name, caFile])),
  };
}
