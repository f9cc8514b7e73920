import { expect, it } from "vitest";
import type { HttpRequest } from "../../../../tasks/common/pipeline/http.ts";
import { HttpFailure, type HttpFailureKind } from "../../../../tasks/common/pipeline/http-failure.ts";
import { releasesAt } from "../../../../tasks/DatabricksCliInstaller/archive/releases.ts";
import { answersOf, listSources } from "../../../../tasks/DatabricksCliInstaller/version/sources.ts";

const platform = { os: "linux", arch: "amd64", cacheArch: "x64", executable: "databricks" } as const;

/** The addresses that are asked for the list of versions if each request fails in this way. */
async function askedIfAll(kind: HttpFailureKind): Promise<string[]> {
  const asked: string[] = [];
  const send = async ({ url }: HttpRequest) => {
    asked.push(url);
    throw new HttpFailure(kind, url, "it failed");
  };
  const releases = releasesAt(undefined, { send, stream: send }, platform);
  for await (const { problem } of answersOf(releases, listSources(releases))) expect(problem).toBeDefined();
  return asked;
}

it.each<HttpFailureKind>([
  "name",
  "refused",
  "timeout",
  "tls",
  "tls-weak",
  "tls-protocol",
  "proxy",
  "proxy-credentials",
  "proxy-password",
  "proxy-scheme",
  "proxy-gateway",
  "proxy-protocol",
])("does not ask a host again for versions that cannot be reached: %s", async (kind) => {
  expect(await askedIfAll(kind)).toHaveLength(1);
});

it("asks a host again for another list if one is damaged", async () => {
  expect((await askedIfAll("too-large")).length).toBeGreaterThan(1);
});
