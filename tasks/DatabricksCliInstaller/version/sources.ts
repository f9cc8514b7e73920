import { HttpFailure } from "../../common/pipeline/http-failure.ts";
import type { Releases } from "../archive/releases.ts";
import { tagsOfAdvertisement } from "./pkt-line.ts";
import { newestFirst } from "./request.ts";

/** Versions that one place knows, newest first. */
export interface VersionList {
  readonly versions: readonly string[];
  /** Where they come from, without credentials. */
  readonly source: string;
}

/** A place that may know versions: `read` gives their names, or a sentence's end that says why not. */
interface Source {
  readonly url: string;
  readonly read: (releases: Releases, url: string) => Promise<string[] | { readonly problem: string }>;
}

/** Fewer tries than for files: another place may answer instead. */
const attempts = 3;

/** The places that know the newest release, best first; none of them is GitHub's rate-limited API. */
export function latestSources(releases: Releases): Source[] {
  return [...redirectOf(releases), ...indexOf(releases), ...tagsOf(releases)];
}

/** The places that know all versions, best first, and the newest release for what else they may miss. */
export function listSources(releases: Releases): Source[] {
  return [...tagsOf(releases), ...indexOf(releases), ...redirectOf(releases)];
}

/** Asks one place after the other; the first that names versions is taken, the others' reasons go to `failures`. */
export async function firstAnswer(
  releases: Releases,
  sources: readonly Source[],
  failures: string[],
): Promise<VersionList | undefined> {
  for (const { url, read } of sources) {
    const answer = await read(releases, url).catch((error: unknown) => {
      if (error instanceof HttpFailure) return { problem: error.message };
      throw error;
    });
    const versions = "problem" in answer ? [] : newestFirst(answer);
    if (versions.length > 0) return { versions, source: url };
    failures.push(`${url} (${"problem" in answer ? answer.problem : "names no version"})`);
  }
  return undefined;
}

/** `…/releases/latest` of a GitHub-like server redirects to the newest release's page. */
function redirectOf(releases: Releases): Source[] {
  if (!releases.repository) return [];
  return [{ url: `${releases.repository}/releases/latest`, read: readRedirect }];
}

async function readRedirect(releases: Releases, url: string): ReturnType<Source["read"]> {
  let location = url;
  // A renamed repository redirects to its new name before the release.
  for (let hop = 0; hop < 5; hop++) {
    const { status, headers } = await releases.send({ method: "HEAD", url: location, redirects: "manual", attempts });
    if (status < 300 || status > 399 || !headers.location || !URL.canParse(headers.location, location)) {
      return { problem: `answered ${status}, not a redirect` };
    }
    location = new URL(headers.location, location).href;
    const tag = /\/releases\/tag\/([^/?#]+)$/.exec(location)?.[1];
    if (tag) return [tag];
  }
  return { problem: "redirected to no release" };
}

/** The tags of the git repository beside the releases. */
function tagsOf(releases: Releases): Source[] {
  if (!releases.repository) return [];
  return [{ url: `${releases.repository}.git/info/refs?service=git-upload-pack`, read: readTags }];
}

async function readTags(releases: Releases, url: string): ReturnType<Source["read"]> {
  const { status, text } = await releases.send({ method: "GET", url, attempts });
  if (status !== 200) return { problem: `answered ${status}` };
  return stable(tagsOfAdvertisement(text)) ?? { problem: "is no git repository" };
}

/** The folder list of a mirror, HTML or JSON, as Artifactory, Nexus and web servers give it. */
function indexOf(releases: Releases): Source[] {
  return releases.isGitHub ? [] : [{ url: `${releases.base}/`, read: readIndex }];
}

async function readIndex(releases: Releases, url: string): ReturnType<Source["read"]> {
  const { status, text } = await releases.send({ method: "GET", url, attempts });
  if (status !== 200) return { problem: `answered ${status}` };
  return stable([...text.matchAll(/["'/>](v\d+\.\d+\.\d+[-\w.+]*)\/?["'<]/g)].map((match) => match[1] ?? "")) ?? [];
}

/** Lists also name pre-releases and moving tags such as `snapshot`. */
function stable(tags: readonly string[] | undefined): string[] | undefined {
  return tags?.filter((tag) => /^v?\d+\.\d+\.\d+$/.test(tag));
}
