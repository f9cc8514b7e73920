import type { IncomingMessage, ServerResponse } from "node:http";
import { send } from "../https-server.ts";
import type { Asset } from "./assets.ts";
import { type Catalog, findAsset, sendAsset, sendPage } from "./catalog.ts";
import { assetHostName, createDownloadTickets } from "./download-tickets.ts";
import { advertiseRefs } from "./git-refs.ts";

/** The names that GitHub answers to: its own, and that of the storage behind its downloads. */
export const gitHubHostNames: readonly string[] = ["github.com", assetHostName];

const repository = "/databricks/cli";
const tagPage = /^\/databricks\/cli\/releases\/tag\/v([^/]+)$/;
const download = /^\/databricks\/cli\/releases\/download\/v([^/]+)\/([^/]+)$/;

/** Answers requests to GitHub for the releases and tags of databricks/cli. */
export function createGitHub(catalog: Catalog) {
  const tickets = createDownloadTickets<Asset>();
  return (request: IncomingMessage, response: ServerResponse, url: URL): void => {
    if (url.hostname === assetHostName) answerAssetHost(request, response, tickets.redeem(url));
    else if (isRefsRequest(url)) answerRefs(response, catalog);
    else if (url.pathname === `${repository}/releases/latest`) redirect(response, latestReleasePage(catalog));
    else if (isReleasePage(url, catalog)) sendPage(response, 200, "databricks/cli");
    else {
      const [, version = "", name = ""] = download.exec(url.pathname) ?? [];
      const asset = findAsset(catalog, version, name);
      if (asset) redirect(response, tickets.issue(name, asset));
      else sendPage(response, 404, "Not Found");
    }
  };
}

function latestReleasePage({ latest }: Catalog): string {
  return `https://github.com${repository}/${latest ? `releases/tag/v${latest}` : "releases"}`;
}

function isReleasePage(url: URL, catalog: Catalog): boolean {
  return catalog.releases.has(tagPage.exec(url.pathname)?.[1] ?? "");
}

function isRefsRequest(url: URL): boolean {
  const isRepository = [`${repository}.git/info/refs`, `${repository}/info/refs`].includes(url.pathname);
  return isRepository && url.searchParams.get("service") === "git-upload-pack";
}

function answerRefs(response: ServerResponse, catalog: Catalog): void {
  const headers = {
    "Content-Type": "application/x-git-upload-pack-advertisement",
    "Cache-Control": "no-cache, max-age=0, must-revalidate",
  };
  // The repository also tags its nightly build, under a name that is not a version.
  const tags = [{ name: "snapshot", annotated: false }, ...catalog.tags.values()];
  send(response, 200, headers, advertiseRefs(tags));
}

/** The storage refuses a signed URL that comes with another proof of identity. */
function answerAssetHost(request: IncomingMessage, response: ServerResponse, asset: Asset | undefined): void {
  if (request.headers.authorization !== undefined) sendStorageError(response, 400, "InvalidAuthenticationInfo");
  else if (!asset) sendStorageError(response, 403, "AuthenticationFailed");
  else sendAsset(response, asset);
}

function redirect(response: ServerResponse, location: string): void {
  send(response, 302, { Location: location, "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache" });
}

function sendStorageError(response: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`;
  send(response, status, { "Content-Type": "application/xml", "x-ms-error-code": code }, body);
}
