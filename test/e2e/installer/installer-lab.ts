import fs from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import os from "node:os";
import path from "node:path";
import type { AgentSettings, JobSettings } from "../../lab/agent/agent.ts";
import { windowsAgents } from "../../lab/agents.ts";
import { createCertificateAuthority } from "../../lab/certificates.ts";
import { requestUrl, send, startServer } from "../../lab/https-server.ts";
import { type Proxy as ConnectProxy, startProxy } from "../../lab/proxy/proxy.ts";
import {
  type ReleaseDescription,
  type Releases,
  releaseHostNames,
  startReleases,
} from "../../lab/releases/releases.ts";
import { windowsProgram } from "../../lab/wine/programs.ts";

/** Answers a mirror's request; `path` is without the query. */
export type MirrorHandler = (path: string, response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

/** GitHub and mirrors behind the agent's proxy: all that the installer needs. */
export interface InstallerLab {
  readonly releases: Releases;
  readonly proxy: ConnectProxy;
  readonly folder: string;
  /** Base URL of a mirror whose answers the test decides; 404 until `answerMirror` is called. */
  readonly mirrorUrl: string;
  answerMirror(handler: MirrorHandler): void;
  /**
   * Writes an executable that reports this version, and with the argument `hold` runs until its stdin is closed; returns its
   * path. `name` makes its content unique; `padding` bytes make it larger.
   */
  fakeCli(version: string, name?: string, padding?: number): string;
  /** Publishes releases with such executables; the last is the latest. */
  publish(...releases: (string | ReleaseDescription)[]): Promise<void>;
  /** What an agent needs to reach the lab. */
  readonly agentNetwork: Pick<AgentSettings, "proxy" | "caFile">;
  readonly job: JobSettings;
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

  const windowsCli = windowsAgents ? fs.readFileSync(await windowsProgram("fakecli")) : undefined;
  const fakeCli: InstallerLab["fakeCli"] = (version, name = version, padding = 0) => {
    const file = path.join(folder, `cli-${name}`);
    const output = `{"Version":"${version}"}`;
    const content = windowsCli
      ? Buffer.concat([windowsCli, Buffer.alloc(padding), Buffer.from(`# ${name}\n# fake-cli\n${output}\n`)])
      : `#!/bin/sh\n# ${name}\n[ "$1" = hold ] && echo holding && exec cat\necho '${output}'\nexit\n${"#".repeat(padding)}\n`;
    fs.writeFileSync(file, content, { mode: 0o755 });
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
    agentNetwork: { proxy: { url: proxy.url, ...proxyCredentials }, caFile: authority.file },
    job: { collectionUrl: "https://dev.azure.com/contoso/", jobToken: "job-token" },
    close: async () => {
      await Promise.all([releases.close(), mirror.close(), proxy.close()]);
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
