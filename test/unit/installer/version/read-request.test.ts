import { describe, expect, it } from "vitest";
import { admits } from "../../../../tasks/DatabricksCliInstaller/version/ranges.ts";
import { parseVersionRequest } from "../../../../tasks/DatabricksCliInstaller/version/read-request.ts";

describe("The input version", () => {
  it.each([
    ["1.13.0", "1.13.0"],
    ["v1.13.0", "1.13.0"],
    ["=1.13.0", "1.13.0"],
    ["1.13.0-rc.1", "1.13.0-rc.1"],
  ])("takes %s as exactly version %s", async (text, version) => {
    expect(await parseVersionRequest(text)).toEqual({ kind: "exact", version });
  });

  it.each(["latest", "Latest", "LATEST"])("takes %s as the latest version", async (text) => {
    expect(await parseVersionRequest(text)).toEqual({ kind: "latest" });
  });

  it.each<[string, string[], string[]]>([
    ["1.x", ["1.0.0", "1.13.2"], ["0.299.3", "2.0.0", "1.13.0-rc.1"]],
    ["1.13", ["1.13.0", "1.13.9"], ["1.12.0", "1.14.0"]],
    ["~1.12.0", ["1.12.5"], ["1.13.0"]],
    [">=1.10 <2", ["1.10.0", "1.99.0"], ["1.9.9", "2.0.0"]],
    ["0.299.x || ^1.2.0", ["0.299.1", "1.3.0"], ["0.300.0", "1.1.0"]],
  ])("takes %s as a range", async (text, inside, outside) => {
    const request = await parseVersionRequest(text);
    if (request?.kind !== "range") throw new Error(`${text} is ${request?.kind}`);
    expect(inside.filter((version) => !admits(request, version))).toEqual([]);
    expect(outside.filter((version) => admits(request, version))).toEqual([]);
  });

  it.each(["newest", "1.13.0.1", "v", "main", "01.2.3", "1.2.99999999999999999999"])("refuses %s", async (text) => {
    expect(await parseVersionRequest(text)).toBeUndefined();
  });
});
