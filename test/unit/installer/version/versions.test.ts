import { describe, expect, it } from "vitest";
import { knownProblems } from "../../../../tasks/DatabricksCliInstaller/version/known-problems.ts";
import {
  admits,
  newestFirst,
  parseBundleConstraint,
  parseVersionRequest,
} from "../../../../tasks/DatabricksCliInstaller/version/request.ts";
import { tagsOfAdvertisement } from "../../../../tasks/DatabricksCliInstaller/version/sources.ts";

describe("The input version", () => {
  it.each([
    ["1.13.0", "1.13.0"],
    ["v1.13.0", "1.13.0"],
    ["=1.13.0", "1.13.0"],
    ["1.13.0-rc.1", "1.13.0-rc.1"],
  ])("%s is exactly %s", (text, version) => {
    expect(parseVersionRequest(text)).toEqual({ kind: "exact", version });
  });

  it.each(["latest", "Latest", "LATEST"])("%s is the latest", (text) => {
    expect(parseVersionRequest(text)).toEqual({ kind: "latest" });
  });

  it.each<[string, string[], string[]]>([
    ["1.x", ["1.0.0", "1.13.2"], ["0.299.3", "2.0.0", "1.13.0-rc.1"]],
    ["1.13", ["1.13.0", "1.13.9"], ["1.12.0", "1.14.0"]],
    ["~1.12.0", ["1.12.5"], ["1.13.0"]],
    [">=1.10 <2", ["1.10.0", "1.99.0"], ["1.9.9", "2.0.0"]],
    ["0.299.x || ^1.2.0", ["0.299.1", "1.3.0"], ["0.300.0", "1.1.0"]],
  ])("%s is a range", (text, inside, outside) => {
    const request = parseVersionRequest(text);
    if (request?.kind !== "range") throw new Error(`${text} is ${request?.kind}`);
    expect(inside.filter((version) => !admits(request, version))).toEqual([]);
    expect(outside.filter((version) => admits(request, version))).toEqual([]);
  });

  it.each(["newest", "1.13.0.1", "v", "main"])("%s is nothing", (text) => {
    expect(parseVersionRequest(text)).toBeUndefined();
  });
});

it("sorts versions, newest first, each once, and leaves out what is none", () => {
  expect(newestFirst(["v1.9.0", "1.10.0", "snapshot", "v1.9.0", "0.299.2"])).toEqual(["1.10.0", "1.9.0", "0.299.2"]);
});

describe("A bundle's constraint", () => {
  it.each<[string, string[], string[]]>([
    [">= 1.10.0", ["1.10.0", "2.0.0"], ["1.9.0"]],
    [">=1.10.0", ["1.10.0"], ["1.9.0"]],
    [">= 1.10.0, < 2.0.0", ["1.10.0", "1.99.0"], ["2.0.0", "1.9.0"]],
    ["1.13.*", ["1.13.7"], ["1.14.0"]],
    ["1.*", ["1.0.0", "1.99.9"], ["0.299.0", "2.0.0"]],
    ["!= 1.2.3", ["1.2.4"], ["1.2.3"]],
    ["> 1.2.*", ["1.3.0"], ["1.2.9"]],
    ["<= 1.0.0", ["1.0.0", "0.299.0"], ["1.0.1"]],
  ])("%s", (text, inside, outside) => {
    const request = parseBundleConstraint(text);
    if (!request) throw new Error(`${text} is not understood`);
    expect(inside.filter((version) => !admits(request, version))).toEqual([]);
    expect(outside.filter((version) => admits(request, version))).toEqual([]);
  });

  it("of one version needs no list", () => {
    expect(parseBundleConstraint("1.13.0")).toEqual({ kind: "exact", version: "1.13.0" });
  });

  it.each(["^1.0", "~1.2.0", "latest", "1.13", ">= 1.0.0 < 2.0.0", ">= 1.0.0,< 2.0.0", "1.0.0 || 2.0.0"])(
    "%s is refused, as the CLI refuses it",
    (text) => expect(parseBundleConstraint(text)).toBeUndefined(),
  );
});

describe("Known problems", () => {
  // The releases of 2026-04-19 with HashiCorp's new key.
  const repaired =
    "0.210.4 0.211.1 0.212.5 0.213.1 0.214.2 0.215.1 0.216.1 0.217.2 0.218.2 0.219.1 0.220.1 0.221.2 0.222.1 0.223.3 " +
    "0.224.2 0.225.1 0.226.1 0.227.2 0.228.2 0.229.1 0.230.1 0.231.1 0.232.2 0.233.1 0.239.2 0.240.1 0.241.3 0.246.1 " +
    "0.247.2 0.248.1 0.263.1 0.264.3 0.265.1 0.288.1 0.289.2 0.290.2 0.291.1 0.296.1 0.297.2";

  it.each(repaired.split(" "))("are those of a lost key before %s", (version) => {
    const [minor = 0, patch = 0] = version.split(".").slice(1).map(Number);
    const before = knownProblems(`0.${minor}.${patch - 1}`);
    expect(before[0]).toMatch(new RegExp(`expired on 2026-04-18\\. Use ${version.replaceAll(".", "\\.")}, or 1\\.x`));
    expect(knownProblems(version).join()).not.toContain("2026-04-18");
  });

  it.each(["0.299.0", "0.299.3", "1.0.0", "1.13.0"])("are none for %s", (version) => {
    expect(knownProblems(version)).toEqual([]);
  });

  it("are never repaired before 0.210", () => {
    expect(knownProblems("0.209.1")[0]).toMatch(/expired on 2026-04-18\. Use 1\.x/);
  });

  it("name what is too old for the deploy task", () => {
    expect(knownProblems("0.298.1").join()).toContain("too old for DatabricksBundleDeploy@1, which needs 0.299.0");
  });
});

describe("A git server's list of refs", () => {
  const line = (text: string) => `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, "0")}${text}`;
  const id = "0123456789abcdef0123456789abcdef01234567";
  const service = `${line("# service=git-upload-pack\n")}0000`;

  it("gives its tags, and is read by bytes", () => {
    const refs = [`${id} HEAD\0multi_ack symref=HEAD:refs/heads/main\n`, `${id} refs/heads/größe\n`];
    const tags = [`${id} refs/tags/v1.0.0\n`, `${id} refs/tags/v1.0.0^{}\n`, `${id} refs/tags/snapshot\n`];
    const text = `${service}${[...refs, ...tags].map(line).join("")}0000`;
    expect(new Set(tagsOfAdvertisement(text))).toEqual(new Set(["v1.0.0", "snapshot"]));
  });

  it("may have a tag in its first line, with the server's capabilities", () => {
    expect(tagsOfAdvertisement(`${service}${line(`${id} refs/tags/v1.0.0\0agent=git/2\n`)}0000`)).toEqual(["v1.0.0"]);
  });

  it.each(["", "<html></html>", "001e# service=git-upload-archive\n0000"])("is not %j", (text) => {
    expect(tagsOfAdvertisement(text)).toBeUndefined();
  });
});
