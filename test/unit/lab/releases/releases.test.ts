import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CertificateAuthority, createCertificateAuthority } from "../../../lab/certificates.ts";
import { type Message, type Reply, requestOverTls } from "../../../lab/https-client.ts";
import { startProxy } from "../../../lab/proxy/proxy.ts";
import {
  allPlatforms,
  archiveName,
  type Releases,
  releaseHostNames,
  startReleases,
  sumsName,
  thisPlatform,
} from "../../../lab/releases/releases.ts";

const executable = randomBytes(300_000);

let folder: string;
let authority: CertificateAuthority;
let releases: Releases;

beforeAll(async () => {
  folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "lab-releases-"));
  authority = await createCertificateAuthority(folder);
  releases = await startReleases({ certificate: await authority.issue(releaseHostNames) });
  await fs.promises.writeFile(path.join(folder, "cli"), executable, { mode: 0o755 });
  await releases.add({ version: "1.12.1" });
  await releases.add({ version: "1.13.0", executable: path.join(folder, "cli") });
  await releases.add({ version: "0.290.0", sums: "split" });
  await releases.add({ version: "0.280.0", platforms: ["linux_amd64"], sums: "missing" });
  releases.tagsOnly(["1.14.0", "0.100.0"]);
  releases.setLatest("1.13.0");
});

beforeEach(() => {
  releases.requests.length = 0;
});

afterAll(async () => {
  await releases.close();
  await fs.promises.rm(folder, { recursive: true });
});

function send(url: string, message?: Message): Promise<Reply> {
  return requestOverTls({ ca: authority.certificate, port: releases.port }, url, message);
}

const gitHub = "https://github.com/databricks/cli";

/** Downloads a file of a release from GitHub, through its redirect. */
async function download(version: string, name: string): Promise<Reply> {
  const { status, headers } = await send(`${gitHub}/releases/download/v${version}/${name}`);
  expect(status).toBe(302);
  return send(headers.location ?? "");
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The Unix mode that an archive's central directory holds for an entry. */
function fileMode(archive: Buffer, name: string): number {
  const entry = archive.lastIndexOf(name) - 46;
  expect(archive.readUInt32LE(entry)).toBe(0x02014b50);
  return archive.readUInt32LE(entry + 38) >>> 16;
}

describe("GitHub", () => {
  it.each(["GET", "HEAD"])("GitHub redirects %s of the latest release to its tag", async (method) => {
    const { status, headers } = await send(`${gitHub}/releases/latest`, { method });
    expect([status, headers.location]).toEqual([302, `${gitHub}/releases/tag/v1.13.0`]);
    expect((await send(headers.location ?? "")).status).toBe(200);
  });

  it("GitHub redirects a download to a signed URL of another host", async () => {
    const name = archiveName("1.13.0", thisPlatform);
    const redirection = await send(`${gitHub}/releases/download/v1.13.0/${name}`);
    const location = new URL(redirection.headers.location ?? "");
    expect([redirection.status, location.hostname]).toEqual([302, "release-assets.githubusercontent.com"]);
    expect([...location.searchParams.keys()]).toEqual(
      expect.arrayContaining(["se", "sig", "response-content-disposition"]),
    );
    const { status, headers, content } = await send(location.href);
    expect([status, headers["content-type"]]).toEqual([200, "application/octet-stream"]);
    expect(headers["content-length"]).toBe(String(content.length));
    expect(content.equals(await releases.archive("1.13.0", thisPlatform))).toBe(true);
  });

  it("GitHub answers HEAD with the length and no content", async () => {
    const { headers } = await send(`${gitHub}/releases/download/v1.12.1/${sumsName("1.12.1")}`);
    const reply = await send(headers.location ?? "", { method: "HEAD" });
    expect([reply.status, reply.content.length]).toEqual([200, 0]);
    expect(Number(reply.headers["content-length"])).toBeGreaterThan(0);
  });

  it("GitHub refuses a signed URL that was changed, or that comes with other credentials", async () => {
    const { headers } = await send(`${gitHub}/releases/download/v1.13.0/${sumsName("1.13.0")}`);
    const location = headers.location ?? "";
    expect((await send(location.replace("sig=", "sig=x"))).status).toBe(403);
    const withToken = await send(location, { headers: { Authorization: "Bearer x" } });
    expect([withToken.status, withToken.headers["x-ms-error-code"]]).toEqual([400, "InvalidAuthenticationInfo"]);
    expect(releases.requests.map(({ authorization }) => authorization)).toEqual([false, false, true]);
  });

  it.each([
    "/releases/download/v1.14.0/databricks_cli_1.14.0_linux_amd64.zip",
    "/releases/download/v1.13.0/databricks_cli_1.13.0_plan9_amd64.zip",
    "/releases/download/v0.280.0/databricks_cli_0.280.0_SHA256SUMS",
    "/releases/download/v0.280.0/databricks_cli_0.280.0_windows_amd64.zip",
    "/releases/tag/v1.14.0",
    ".git/info/refs?service=git-receive-pack",
  ])("GitHub answers 404 for %s", async (path) => {
    const { status, headers, text } = await send(`${gitHub}${path}`);
    expect([status, headers["content-type"], text]).toEqual([404, "text/html; charset=utf-8", "Not Found"]);
  });

  it("GitHub accepts no uploads", async () => {
    expect((await send(`${gitHub}/releases`, { method: "POST" })).status).toBe(405);
  });

  it("the releases record every request", async () => {
    await send(`${gitHub}/releases/latest`, { method: "HEAD" });
    expect(releases.requests).toEqual([
      {
        at: expect.closeTo(Date.now(), -4),
        method: "HEAD",
        host: "github.com",
        path: "/databricks/cli/releases/latest",
        authorization: false,
      },
    ]);
  });
});

describe("archives", () => {
  it("an archive holds the executable, with its mode, and the texts of a release", async () => {
    const archive = await releases.archive("1.13.0", thisPlatform);
    const entries = unzipSync(archive);
    expect(Object.keys(entries).sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "databricks"]);
    expect(executable.equals(entries.databricks ?? Buffer.of())).toBe(true);
    expect(fileMode(archive, "databricks").toString(8)).toBe("100755");
  });

  it("an archive without an executable holds a script that prints the version", async () => {
    const name = archiveName("1.13.0", "windows_arm64");
    const entries = unzipSync((await download("1.13.0", name)).content);
    expect(strFromU8(entries["databricks.exe"] ?? Buffer.of())).toContain('echo "Databricks CLI v1.13.0"');
  });

  it("archives with the same executable are compressed once", async () => {
    await releases.add({ version: "1.13.1", executable: path.join(folder, "cli") });
    expect(await releases.archive("1.13.1", thisPlatform)).toBe(await releases.archive("1.13.0", thisPlatform));
  });
});

describe("checksums", () => {
  it("checksums match all archives of a release", async () => {
    const { text } = await download("1.13.0", sumsName("1.13.0"));
    const archives = await Promise.all(
      allPlatforms.map(async (platform) => {
        const name = archiveName("1.13.0", platform);
        return `${sha256((await download("1.13.0", name)).content)}  ${name}\n`;
      }),
    );
    expect(text).toBe(archives.join(""));
  });

  it("checksums are split into two lists in some releases", async () => {
    const [unix, windows] = [
      await download("0.290.0", `${sumsName("0.290.0")}_unix`),
      await download("0.290.0", `${sumsName("0.290.0")}_windows`),
    ];
    expect(unix.text.match(/_(linux|darwin|windows)_/g)).toEqual(["_linux_", "_linux_", "_darwin_", "_darwin_"]);
    expect(windows.text.match(/_(linux|darwin|windows)_/g)).toEqual(["_windows_", "_windows_"]);
    expect((await send(`${gitHub}/releases/download/v0.290.0/${sumsName("0.290.0")}`)).status).toBe(404);
  });
});

describe("releases that are broken", () => {
  it("a broken release may have checksums of other archives", async () => {
    await releases.add({ version: "2.0.1", corrupt: "checksum" });
    const name = archiveName("2.0.1", "linux_amd64");
    const [sums, archive] = [await download("2.0.1", sumsName("2.0.1")), await download("2.0.1", name)];
    expect(sums.text).toMatch(new RegExp(`^[0-9a-f]{64}  ${name}$`, "m"));
    expect(sums.text).not.toContain(sha256(archive.content));
    expect(archive.content.equals(await releases.archive("2.0.1", "linux_amd64"))).toBe(true);
  });

  it("a broken release may have archives that end early", async () => {
    await releases.add({ version: "2.0.2", corrupt: "truncated" });
    await expect(download("2.0.2", archiveName("2.0.2", "linux_amd64"))).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("a broken release may have a page instead of archives", async () => {
    await releases.add({ version: "2.0.3", corrupt: "html" });
    const { status, headers, text } = await download("2.0.3", archiveName("2.0.3", "linux_amd64"));
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(text).toMatch(/^<!DOCTYPE html>/);
  });
});

describe("mirrors", () => {
  it("a mirror serves the same files without a redirect, under its own name", async () => {
    const { status, content } = await send(`${releases.mirrorUrl}/v1.13.0/${archiveName("1.13.0", thisPlatform)}`);
    expect(status).toBe(200);
    expect(content.equals(await releases.archive("1.13.0", thisPlatform))).toBe(true);
    expect((await send(`${releases.mirrorUrl}/v9.9.9/${sumsName("9.9.9")}`)).status).toBe(404);
  });

  it("a mirror serves the files without TLS on the loopback interface", async () => {
    expect(new URL(releases.plainMirrorUrl)).toMatchObject({ protocol: "http:", hostname: "127.0.0.1" });
    const response = await fetch(`${releases.plainMirrorUrl}/v1.12.1/${sumsName("1.12.1")}`);
    expect(await response.text()).toContain(archiveName("1.12.1", "darwin_arm64"));
  });
});

describe("tags", () => {
  const advertisement = `${gitHub}.git/info/refs?service=git-upload-pack`;

  it("tags are advertised in git's smart protocol", async () => {
    const { status, headers, text } = await send(advertisement);
    expect([status, headers["content-type"]]).toEqual([200, "application/x-git-upload-pack-advertisement"]);
    expect(text).toMatch(
      /^001e# service=git-upload-pack\n0000[0-9a-f]{4}[0-9a-f]{40} HEAD\0[^\n]*symref=HEAD:refs\/heads\/main/,
    );
    expect(text).toMatch(/\n0000$/);
  });

  it("git itself reads the tags, through a proxy and with the private certificate authority", async () => {
    const proxy = await startProxy({ username: "svc-build", password: "p@ss" });
    for (const name of releases.hostNames) proxy.map(name, releases.port);
    const environment = {
      PATH: process.env.PATH,
      HOME: folder,
      GIT_SSL_CAINFO: authority.file,
      GIT_TERMINAL_PROMPT: "0",
    };
    const proxyUrl = proxy.url.replace("//", "//svc-build:p%40ss@");
    const git = await promisify(execFile)(
      "git",
      ["-c", `http.proxy=${proxyUrl}`, "ls-remote", "--symref", `${gitHub}.git`],
      {
        env: environment,
      },
    );
    await proxy.close();
    const lines = git.stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("ref: refs/heads/main\tHEAD");
    const refs = lines.slice(1).map((line) => line.split("\t")[1]);
    expect(refs).toEqual(
      expect.arrayContaining([
        "HEAD",
        "refs/heads/main",
        "refs/tags/snapshot",
        "refs/tags/v0.100.0",
        "refs/tags/v1.13.0",
        "refs/tags/v1.13.0^{}",
        "refs/tags/v1.14.0",
      ]),
    );
    expect(refs).not.toContain("refs/tags/v1.14.0^{}");
    expect(proxy.connections.at(-1)).toMatchObject({ host: "github.com", allowed: true });
  });
});

describe("faults", () => {
  it("a fault happens only to the requests that it matches", async () => {
    releases.fault("github.com/databricks/cli/releases/latest", { status: 503, body: "unavailable" });
    releases.fault(/SHA256SUMS$/, { reset: true });
    expect((await send(`${gitHub}/releases/tag/v1.13.0`)).status).toBe(200);
    expect((await send(`${gitHub}/releases/latest`)).status).toBe(503);
    expect((await send(`${gitHub}/releases/latest`)).status).toBe(302);
    const sums = `${gitHub}/releases/download/v1.13.0/${sumsName("1.13.0")}`;
    await expect(send(sums)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await send(sums)).status).toBe(302);
  });
});
