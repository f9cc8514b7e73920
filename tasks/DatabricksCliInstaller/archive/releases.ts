import { print, registerSecret } from "../../common/pipeline/commands.ts";
import type { Http, HttpRequest, HttpResponse } from "../../common/pipeline/http.ts";
import { archiveName, type Platform } from "../platform.ts";

/** Archives are already compressed, and the SHA-256 is that of the file itself. */
const unencoded = { "accept-encoding": "identity" };

/** Where the releases are by default. */
const gitHubReleases = "https://github.com/databricks/cli/releases/download";

/** A server of release archives in GitHub's layout: `<base>/v<version>/<file>`. */
export interface Releases {
  /** URL without credentials and without a trailing slash. */
  readonly base: string;
  readonly isGitHub: boolean;
  /** Whether the URL contained a user name or a password. */
  readonly hasCredentials: boolean;
  /** URL of the repository that the releases belong to, if the base has the form of GitHub's; otherwise undefined. */
  readonly repository: string | undefined;
  readonly fileUrl: (version: string, file: string) => string;
  readonly archiveUrl: (version: string) => string;
  /** Requests with the mirror's credentials, if its URL has any; no other host gets them. */
  readonly send: Http["send"];
  readonly stream: Http["stream"];
}

/** The releases at `downloadUrl`, or GitHub's. The URL may contain `user:password@`, which is sent as basic authentication. */
export function releasesAt(downloadUrl: string | undefined, http: Http, platform: Platform): Releases {
  const url = new URL(downloadUrl ?? gitHubReleases);
  const encoded = basicCredentials(url);
  const headers = encoded === undefined ? {} : { authorization: `Basic ${encoded}` };
  const base = withoutCredentials(url);
  const repository = base.endsWith("/releases/download") ? base.slice(0, -"/releases/download".length) : undefined;
  const { origin } = new URL(base);
  const prepared = (request: HttpRequest): HttpRequest => ({
    ...request,
    onRetry: printRetry,
    headers: { ...request.headers, ...unencoded, ...(new URL(request.url).origin === origin ? headers : {}) },
  });
  const fileUrl = (version: string, file: string) => `${base}/v${version}/${file}`;
  return {
    base,
    isGitHub: base === gitHubReleases,
    hasCredentials: encoded !== undefined,
    repository,
    fileUrl,
    archiveUrl: (version) => fileUrl(version, archiveName(version, platform)),
    send: (request): Promise<HttpResponse> => http.send(prepared(request)),
    stream: (request, read) => http.stream(prepared(request), read),
  };
}

/** Registers the credentials in a mirror's URL as secrets, in every form in which they could be printed. */
export function registerCredentials(downloadUrl: string | undefined): void {
  const url = new URL(downloadUrl ?? gitHubReleases);
  const encoded = basicCredentials(url);
  if (encoded === undefined) return;
  for (const secret of [url.password, decodeURIComponent(url.password), encoded]) registerSecret(secret);
}

/** `user:password` in base64; undefined where the URL has neither. */
function basicCredentials({ username, password }: URL): string | undefined {
  if (!username && !password) return undefined;
  return Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
}

function withoutCredentials(url: URL): string {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare.href.replace(/\/+$/, "");
}

function printRetry(reason: string, waitMs: number): void {
  print(`  ${reason}. Trying again in ${(waitMs / 1000).toFixed(1)} s.`);
}
