import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import os from "node:os";
import path from "node:path";
import { createCertificateAuthority } from "../../../lab/certificates.ts";
import { buildDatabricks } from "../../../lab/databricks/build.ts";
import { type Route, requestOverTls } from "../../../lab/https-client.ts";
import {
  startWorkspace,
  type TokenVerdict,
  type Workspace,
  type WorkspaceSettings,
} from "../../../lab/workspace/workspace.ts";
import { listen } from "../../loopback.ts";

export const workspaceId = "1234567890123456";
export const tenantId = "0f8a3c52-7d16-4b9e-8c3f-5e21d94ab607";
export const alice = "11111111-2222-4333-8444-555555555555";
export const bob = "66666666-7777-4888-9999-000000000000";

/** A workspace called localhost with two members, whose tokens are random words. */
export interface TestWorkspace {
  readonly workspace: Workspace;
  readonly folder: string;
  /** Path of the certificate authority's certificate. */
  readonly authority: string;
  /** A new token of a service principal, or a new one that is refused. */
  token(of: string | { refused: "malformed" | "signature" | "expired" | "audience" }): string;
  /** Every token there was. */
  tokens(): string[];
  call(options: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface CallOptions {
  /** The name under which the workspace is called; its own by default. */
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly path: string;
  readonly token?: string;
  readonly authorization?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly text?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export async function startTestWorkspace(
  host = "localhost",
  exchangeToken?: WorkspaceSettings["exchangeToken"],
  customUrls: NonNullable<WorkspaceSettings["customUrls"]> = [],
): Promise<TestWorkspace> {
  const folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "workspace-test-"));
  const authority = await createCertificateAuthority(folder);
  const certificate = await authority.issue([host, "localhost", ...customUrls.map((one) => one.host)]);
  const verdicts = new Map<string, TokenVerdict>();
  const { workspace: program } = await buildDatabricks({ log: console.log });
  const workspace = await startWorkspace({
    program,
    host,
    workspaceId,
    tenantId,
    certificate,
    members: [alice, bob],
    verifyToken: async (token) => verdicts.get(token) ?? { ok: false, reason: "malformed" },
    ...(exchangeToken && { exchangeToken }),
    customUrls,
  });

  return {
    workspace,
    folder,
    authority: authority.file,
    token(of) {
      const token = randomBytes(48).toString("base64url");
      verdicts.set(token, typeof of === "string" ? { ok: true, subject: of } : { ok: false, reason: of.refused });
      return token;
    },
    tokens: () => [...verdicts.keys()],
    call: (options) => call(workspace.url, { port: workspace.port, ca: authority.certificate }, options),
    async close() {
      await workspace.close();
      await fs.promises.rm(folder, { recursive: true });
    },
  };
}

async function call(url: string, route: Route, options: CallOptions): Promise<Answer> {
  const { method = "GET", path, token, authorization, body, text, host } = options;
  const credential = authorization ?? (token && `Bearer ${token}`);
  const content = body === undefined ? text : JSON.stringify(body);
  const headers = { "user-agent": "test", ...(credential && { authorization: credential }), ...options.headers };
  const reply = await requestOverTls(route, (host ? `https://${host}` : url) + path, {
    method,
    headers,
    ...(content && { body: content }),
  });
  const isJson = reply.headers["content-type"]?.startsWith("application/json") && reply.text !== "";
  return { status: reply.status, headers: reply.headers, text: reply.text, json: isJson ? JSON.parse(reply.text) : {} };
}

/** Databricks' metadata service, serving one service principal's tokens. */
export async function startMetadataService(newToken: () => string) {
  const server = createServer((_request, response) => {
    const expires = Math.floor(Date.now() / 1000) + 3600;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ access_token: newToken(), token_type: "Bearer", expires_on: expires }));
  });
  return {
    url: `http://127.0.0.1:${await listen(server)}/tokens`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

export interface CliResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the Databricks CLI in a bundle's folder, with nothing of this machine's configuration. */
export function runCli(cli: string, args: string[], folder: string, env: Record<string, string>): Promise<CliResult> {
  const own = { HOME: folder, DATABRICKS_CACHE_DIR: path.join(folder, ".cache"), DATABRICKS_CONFIG_FILE: "/dev/null" };
  const environment = { PATH: process.env["PATH"] ?? "", ...own, ...env };
  const child = spawn(cli, args, { cwd: folder, env: environment, timeout: 50_000, killSignal: "SIGKILL" });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      output += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

const bundleFiles: Record<string, string> = {
  "databricks.yml": `bundle:
  name: sample
resources:
  jobs:
    nightly:
      name: nightly
      tasks:
        - task_key: transform
          notebook_task:
            notebook_path: src/transform.py
        - task_key: report
          depends_on: [{ task_key: transform }]
          spark_python_task:
            python_file: src/report.py
          environment_key: default
      environments:
        - environment_key: default
          spec: { environment_version: "2" }
  pipelines:
    events:
      name: events
      catalog: main
      schema: raw
      serverless: true
      libraries:
        - notebook: { path: src/transform.py }
targets:
  prod:
    default: true
`,
  "src/transform.py": "# Databricks notebook source\nprint('transform')\n",
  "src/report.py": "print('report')\n",
};

/** Writes a bundle of a job with a notebook and a Python file, and a pipeline. */
export async function writeBundle(folder: string): Promise<void> {
  for (const [name, content] of Object.entries(bundleFiles)) {
    const file = path.join(folder, name);
    await fs.promises.mkdir(path.dirname(file), { recursive: true });
    await fs.promises.writeFile(file, content);
  }
}
