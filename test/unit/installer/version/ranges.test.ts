import { describe, expect, it } from "vitest";
import { admits, newestFirst, parseBundleConstraint } from "../../../../tasks/DatabricksCliInstaller/version/ranges.ts";

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
