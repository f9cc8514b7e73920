import { describe, expect, it } from "vitest";
import {
  admits,
  newestFirst,
  parseBundleConstraint,
  parseVersionRequest,
} from "../../../../tasks/DatabricksCliInstaller/version/request.ts";

describe("The input version", () => {
  it.each([
    ["1.13.0", "1.13.0"],
    ["v1.13.0", "1.13.0"],
    ["=1.13.0", "1.13.0"],
    ["1.13.0-rc.1", "1.13.0-rc.1"],
  ])("takes %s as exactly version %s", (text, version) => {
    expect(parseVersionRequest(text)).toEqual({ kind: "exact", version });
  });

  it.each(["latest", "Latest", "LATEST"])("takes %s as the latest version", (text) => {
    expect(parseVersionRequest(text)).toEqual({ kind: "latest" });
  });

  it.each<[string, string[], string[]]>([
    ["1.x", ["1.0.0", "1.13.2"], ["0.299.3", "2.0.0", "1.13.0-rc.1"]],
    ["1.13", ["1.13.0", "1.13.9"], ["1.12.0", "1.14.0"]],
    ["~1.12.0", ["1.12.5"], ["1.13.0"]],
    [">=1.10 <2", ["1.10.0", "1.99.0"], ["1.9.9", "2.0.0"]],
    ["0.299.x || ^1.2.0", ["0.299.1", "1.3.0"], ["0.300.0", "1.1.0"]],
  ])("takes %s as a range", (text, inside, outside) => {
    const request = parseVersionRequest(text);
    if (request?.kind !== "range") throw new Error(`${text} is ${request?.kind}`);
    expect(inside.filter((version) => !admits(request, version))).toEqual([]);
    expect(outside.filter((version) => admits(request, version))).toEqual([]);
  });

  it.each(["newest", "1.13.0.1", "v", "main"])("refuses %s", (text) => {
    expect(parseVersionRequest(text)).toBeUndefined();
  });
});

it("sorts versions with the newest first, each once, and leaves out other texts", () => {
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
  ])("reads the constraint %s", (text, inside, outside) => {
    const request = parseBundleConstraint(text);
    if (!request) throw new Error(`${text} is not understood`);
    expect(inside.filter((version) => !admits(request, version))).toEqual([]);
    expect(outside.filter((version) => admits(request, version))).toEqual([]);
  });

  it("takes a constraint of one version as that version, which needs no list", () => {
    expect(parseBundleConstraint("1.13.0")).toEqual({ kind: "exact", version: "1.13.0" });
  });

  it.each(["^1.0", "~1.2.0", "latest", "1.13", ">= 1.0.0 < 2.0.0", ">= 1.0.0,< 2.0.0", "1.0.0 || 2.0.0"])(
    "refuses the constraint %s, as the CLI does",
    (text) => expect(parseBundleConstraint(text)).toBeUndefined(),
  );
});
