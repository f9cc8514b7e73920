import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerCertificate } from "../certificates.ts";
import { createFaults, type Fault, type PlacedFault, sendFault } from "../faults.ts";
import { requestUrl, send, startServer } from "../https-server.ts";
import { releaseArchive } from "./archive.ts";
import { type ReleaseDescription, releaseAssets } from "./assets.ts";
import { type Catalog, findAsset, sendAsset, sendPage } from "./catalog.ts";
import { createGitHub, gitHubHostNames } from "./github.ts";

export type { ReleaseDescription } from "./assets.ts";
export { allPlatforms, archiveName, sumsName, thisPlatform } from "./platforms.ts";

const mirrorHostName = "artifacts.contoso.example";
const mirrorFile = /^\/(?:databricks|mirror)\/v([^/]+)\/([^/]+)$/;

/** The names that GitHub and a company's mirror answer to. */
export const releaseHostNames: readonly string[] = [...gitHubHostNames, mirrorHostName];

/** One request for a release, a file of one, or the tags. */
export interface ReleaseRequest {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  readonly host: string;
  /** Without the query, which holds the signature of a download. */
  readonly path: string;
  /** Whether it carried an Authorization header; none belongs here. */
  readonly authorization: boolean;
}

/** GitHub, as far as it serves the releases and tags of databricks/cli, and two mirrors of the same layout. */
export interface Releases {
  readonly port: number;
  readonly hostNames: readonly string[];
  /** Base URL of a mirror under a name of its own, with TLS. */
  readonly mirrorUrl: string;
  /** Base URL of a mirror on the loopback interface, without TLS. */
  readonly plainMirrorUrl: string;
  readonly requests: ReleaseRequest[];
  /** Publishes a release with an annotated tag. `setLatest` makes it the latest. */
  add(release: ReleaseDescription): Promise<void>;
  setLatest(version: string): void;
  /** Lightweight tags of versions that have no release. */
  tagsOnly(versions: readonly string[]): void;
  /** Places a fault for the next requests whose host and path contain a text or match a pattern. */
  fault(match: string | RegExp, fault: Fault, times?: number): PlacedFault;
  /** The intact archive of a published release. */
  archive(version: string, platform: string): Promise<Buffer>;
  close(): Promise<void>;
}

/** Starts GitHub and the mirrors on random ports of 127.0.0.1, with no release. */
export async function startReleases(options: { certificate: ServerCertificate }): Promise<Releases> {
  const catalog: Catalog = { releases: new Map(), tags: new Map(), latest: undefined };
  const requests: ReleaseRequest[] = [];
  const faults = createFaults();
  const gitHub = createGitHub(catalog);

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = requestUrl(request);
    requests.push(describeRequest(request, url));
    const outcome = await faults.meet({ method: request.method ?? "", url });
    if (sendFault(outcome, request, response)) return;
    if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, { Allow: "GET, HEAD" });
    if (gitHubHostNames.includes(url.hostname)) return gitHub(request, response, url);
    answerMirror(response, url, catalog);
  };
  const secure = await startServer(handle, options.certificate);
  const plain = await startServer(handle);

  return {
    port: secure.port,
    hostNames: releaseHostNames,
    mirrorUrl: `https://${mirrorHostName}/databricks`,
    plainMirrorUrl: `http://127.0.0.1:${plain.port}/mirror`,
    requests,
    ...publisher(catalog),
    fault: (match, fault, times) => faults.add({ hostAndPath: match }, fault, times),
    async close() {
      faults.releaseAll();
      await Promise.all([secure.close(), plain.close()]);
    },
  };
}

function publisher(catalog: Catalog): Pick<Releases, "add" | "setLatest" | "tagsOnly" | "archive"> {
  return {
    async add(description) {
      const { version } = description;
      catalog.releases.set(version, { description, assets: await releaseAssets(description) });
      catalog.tags.set(version, { name: `v${version}`, annotated: true });
    },
    setLatest(version) {
      catalog.latest = version;
    },
    tagsOnly(versions) {
      for (const version of versions) catalog.tags.set(version, { name: `v${version}`, annotated: false });
    },
    async archive(version, platform) {
      const release = catalog.releases.get(version);
      if (!release) throw new Error(`Release ${version} was not published`);
      return releaseArchive(version, platform, release.description.executable);
    },
  };
}

function describeRequest(request: IncomingMessage, url: URL): ReleaseRequest {
  return {
    at: Date.now(),
    method: request.method ?? "",
    host: url.hostname,
    path: url.pathname,
    authorization: request.headers.authorization !== undefined,
  };
}

function answerMirror(response: ServerResponse, url: URL, catalog: Catalog): void {
  const [, version = "", name = ""] = mirrorFile.exec(url.pathname) ?? [];
  const asset = findAsset(catalog, version, name);
  if (asset) sendAsset(response, asset);
  else sendPage(response, 404, "Not Found");
}
