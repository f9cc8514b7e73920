import { execFileSync } from "node:child_process";
import fs from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import os from "node:os";
import path from "node:path";
import {
  type Agent,
  type AgentSettings,
  type StepResult,
  type StepSettings,
  startAgent,
} from "../../lab/agent/agent.ts";
import { createCertificateAuthority } from "../../lab/certificates.ts";
import { requestUrl, send, startServer } from "../../lab/https-server.ts";
import { type Proxy as ConnectProxy, startProxy } from "../../lab/proxy/proxy.ts";
import {
  type ReleaseDescription,
  type Releases,
  releaseHostNames,
  startReleases,
} from "../../lab/releases/releases.ts";
import { packagedExtension } from "../harness.ts";

/** Answers a mirror's request; `path` is without the query. */
export type MirrorHandler = (path: string, response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

/** GitHub and mirrors behind the agent's proxy: all that installing needs. */
export interface InstallerLab {
  readonly releases: Releases;
  readonly proxy: ConnectProxy;
  readonly folder: string;
  /** Base URL of a mirror whose answers the test decides; 404 until `answerMirror` is called. */
  readonly mirrorUrl: string;
  answerMirror(handler: MirrorHandler): void;
  /** A file that answers `version --output json` with a version, unique for `name`. */
  fakeCli(version: string, name?: string): string;
  /** Publishes releases with such executables; the last is the latest. */
  publish(...releases: (string | ReleaseDescription)[]): Promise<void>;
  startAgent(node: string, settings?: Partial<AgentSettings>): Promise<Agent>;
  close(): Promise<void>;
}

/** Two hosts of a company, so that a mirror can redirect from one to the other. */
export const mirrorHosts = ["artifactory.contoso.example", "storage.contoso.example"] as const;
const proxyCredentials = { username: "agent", password: "p@ss:w/rd" };

export async function startInstallerLab(): Promise<InstallerLab> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "installer-lab-"));
  const authority = await createCertificateAuthority(folder);
  const releases = await startReleases({ certificate: await authority.issue(releaseHostNames) });
  let handler: MirrorHandler = (_, response) => send(response, 404, {}, "Not Found");
  const mirror = await startServer(
    async (request, response) => handler(requestUrl(request).pathname, response, request),
    await authority.issue(mirrorHosts),
  );
  const proxy = await startProxy(proxyCredentials);
  for (const name of releaseHostNames) proxy.map(name, releases.port);
  for (const name of mirrorHosts) proxy.map(name, mirror.port);

  const fakeCli: InstallerLab["fakeCli"] = (version, name = version) => {
    const file = path.join(folder, `cli-${name}`);
    fs.writeFileSync(file, `#!/bin/sh\n# ${name}\nprintf '{"Version":"%s"}\\n' ${version}\n`, { mode: 0o755 });
    return file;
  };
  return {
    releases,
    proxy,
    folder,
    mirrorUrl: `https://${mirrorHosts[0]}/databricks-cli`,
    answerMirror: (next) => {
      handler = next;
    },
    fakeCli,
    publish: async (...published) => {
      for (const release of published) {
        const description = typeof release === "string" ? { version: release } : release;
        await releases.add({ executable: fakeCli(description.version), ...description });
        releases.setLatest(description.version);
      }
    },
    startAgent: (node, settings = {}) => {
      const { environment, ...rest } = settings;
      return startAgent({
        vsix: packagedExtension(),
        node,
        proxy: { url: proxy.url, ...proxyCredentials },
        caFile: authority.file,
        environment: { PATH: "/usr/bin:/bin", ...environment },
        ...rest,
      });
    },
    close: async () => {
      await Promise.all([releases.close(), mirror.close(), proxy.close()]);
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a step and the step after it see. */
export interface Installation extends StepResult {
  /** What `databricks version --output json` says with the job's PATH; undefined when there is no databricks. */
  readonly versionOnPath: string | undefined;
  /** All log lines as one text. */
  readonly text: string;
  /** Messages of the issues of one kind. */
  messages(type: "error" | "warning"): string[];
}

/** Runs the task in a job of its own. */
export async function install(
  agent: Agent,
  inputs: Record<string, string>,
  options: Partial<StepSettings> & {
    readonly variables?: Record<string, string>;
    /** Called before the step with the folder of the checked-out repository. */
    readonly prepare?: (workingDirectory: string) => void;
  } = {},
): Promise<Installation> {
  const { variables = {}, prepare, ...step } = options;
  const job = await agent.startJob({
    collectionUrl: "https://dev.azure.com/contoso/",
    jobToken: "job-token",
    variables,
  });
  try {
    prepare?.(job.workingDirectory);
    const result = await job.run({ task: "DatabricksCliInstaller@1", name: "cli", inputs, ...step });
    const messages: Installation["messages"] = (type) =>
      result.issues.filter((issue) => issue.type === type).map((issue) => issue.message);
    return { ...result, messages, text: result.log.join("\n"), versionOnPath: versionOnPath(job.path()) };
  } finally {
    await job.finish();
  }
}

function versionOnPath(folders: readonly string[]): string | undefined {
  const executable = folders.map((folder) => path.join(folder, "databricks")).find((file) => fs.existsSync(file));
  if (executable === undefined) return undefined;
  const output: unknown = JSON.parse(execFileSync(executable, ["version", "--output", "json"], { encoding: "utf8" }));
  return typeof output === "object" && output !== null && "Version" in output ? String(output.Version) : undefined;
}
