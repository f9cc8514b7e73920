import { print, registerSecret } from "../../common/pipeline/commands.ts";
import type { Http, HttpRequest, HttpResponse } from "../../common/pipeline/http.ts";
import { archiveName, type Platform } from "../platform.ts";

/** Archives are compressed already, and the SHA-256 is that of the file itself. */
const unencoded = { "accept-encoding": "identity" };

export const gitHubReleases = "https://github.com/databricks/cli/releases/download";

/** A server of release archives in GitHub's layout: `<base>/v<version>/<file>`. */
export interface Releases {
  /** URL without credentials and without a slash at its end. */
  readonly base: string;
  readonly isGitHub: boolean;
  /** URL of the repository that the releases belong to, where the base has the form of GitHub's; else undefined. */
  readonly repository: string | undefined;
  readonly fileUrl: (version: string, file: string) => string;
  readonly archiveUrl: (version: string) => string;
  /** Requests with the mirror's credentials, if its URL has any; no other host gets them. */
  readonly send: Http["send"];
  readonly stream: Http["stream"];
}

/** `downloadUrl` may carry `user:password@`, which is registered as a secret and sent as basic authentication. */
export function openReleases(http: Http, downloadUrl: string | undefined, platform: Platform): Releases {
  const { base, headers } = withoutCredentials(downloadUrl ?? gitHubReleases);
  const repository = base.endsWith("/releases/download") ? base.slice(0, -"/releases/download".length) : undefined;
  const { origin } = new URL(base);
  const prepared = (request: HttpRequest): HttpRequest => ({
    ...request,
    onRetry: sayRetry,
    headers: { ...request.headers, ...unencoded, ...(new URL(request.url).origin === origin ? headers : {}) },
  });
  const fileUrl = (version: string, file: string) => `${base}/v${version}/${file}`;
  return {
    base,
    isGitHub: base === gitHubReleases,
    repository,
    fileUrl,
    archiveUrl: (version) => fileUrl(version, archiveName(version, platform)),
    send: (request): Promise<HttpResponse> => http.send(prepared(request)),
    stream: (request, read) => http.stream(prepared(request), read),
  };
}

function withoutCredentials(text: string): { base: string; headers: Record<string, string> } {
  const url = new URL(text);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const base = url.href.replace(/\/+$/, "");
  if (!username && !password) return { base, headers: {} };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const encoded = Buffer.from(credentials).toString("base64");
  for (const secret of [password, decodeURIComponent(password), encoded]) registerSecret(secret);
  return { base, headers: { authorization: `Basic ${encoded}` } };
}

function sayRetry(reason: string, waitMs: number): void {
  print(`  ${reason}; trying again in ${(waitMs / 1000).toFixed(1)} s`);
}
