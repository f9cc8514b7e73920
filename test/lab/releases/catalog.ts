import type { ServerResponse } from "node:http";
import { send } from "../https-server.ts";
import type { Asset, ReleaseDescription } from "./assets.ts";
import type { Tag } from "./git-refs.ts";

/** What is published. */
export interface Catalog {
  readonly releases: Map<string, { description: ReleaseDescription; assets: Map<string, Asset> }>;
  readonly tags: Map<string, Tag>;
  latest: string | undefined;
}

/** The file of a release; undefined when either does not exist. */
export function findAsset(catalog: Catalog, version: string, name: string): Asset | undefined {
  return catalog.releases.get(version)?.assets.get(name);
}

/** Sends a file of a release; one that ends early takes the connection with it. */
export function sendAsset(response: ServerResponse, { content, contentType, announcedLength }: Asset): void {
  if (announcedLength === undefined) {
    send(response, 200, { "Content-Type": contentType }, content);
    return;
  }
  response.writeHead(200, { "Content-Type": contentType, "Content-Length": announcedLength });
  response.write(content, () => response.destroy());
}

/** Sends a page with one line of text. */
export function sendPage(response: ServerResponse, status: number, text: string): void {
  send(response, status, { "Content-Type": "text/html; charset=utf-8" }, text);
}
