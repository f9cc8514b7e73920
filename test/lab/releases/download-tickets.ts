import { randomBytes, randomUUID } from "node:crypto";

/** Where GitHub keeps the files of releases. */
export const assetHostName = "release-assets.githubusercontent.com";

/** Short-lived signed URLs: GitHub redirects each download to one. */
export interface DownloadTickets<T> {
  /** A new URL for an asset, valid for an hour. */
  issue(fileName: string, asset: T): string;
  /** The asset behind a URL; undefined when the URL was not issued, or was changed. */
  redeem(url: URL): T | undefined;
}

/** No tickets yet. */
export function createDownloadTickets<T>(): DownloadTickets<T> {
  const issued = new Map<string, T>();
  return {
    issue(fileName, asset) {
      const expiry = new Date(Date.now() + 60 * 60 * 1000).toISOString().replace(/\.\d+Z$/, "Z");
      const query = new URLSearchParams({
        sp: "r",
        sv: "2018-11-09",
        sr: "b",
        spr: "https",
        se: expiry,
        rscd: `attachment; filename=${fileName}`,
        rsct: "application/octet-stream",
        sks: "b",
        skv: "2018-11-09",
        sig: randomBytes(32).toString("base64"),
        "response-content-disposition": `attachment; filename=${fileName}`,
        "response-content-type": "application/octet-stream",
      });
      const url = `https://${assetHostName}/github-production-release-asset/486927310/${randomUUID()}?${query}`;
      issued.set(ticketKey(new URL(url)), asset);
      return url;
    },
    redeem: (url) => issued.get(ticketKey(url)),
  };
}

function ticketKey(url: URL): string {
  return `${url.pathname}?${url.searchParams}`;
}
