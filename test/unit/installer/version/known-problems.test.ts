import { describe, expect, it } from "vitest";
import { knownProblems } from "../../../../tasks/DatabricksCliInstaller/version/known-problems.ts";

describe("Known problems", () => {
  // The releases of 2026-04-19, which contain HashiCorp's new key.
  const fixed =
    "0.210.4 0.211.1 0.212.5 0.213.1 0.214.2 0.215.1 0.216.1 0.217.2 0.218.2 0.219.1 0.220.1 0.221.2 0.222.1 0.223.3 " +
    "0.224.2 0.225.1 0.226.1 0.227.2 0.228.2 0.229.1 0.230.1 0.231.1 0.232.2 0.233.1 0.239.2 0.240.1 0.241.3 0.246.1 " +
    "0.247.2 0.248.1 0.263.1 0.264.3 0.265.1 0.288.1 0.289.2 0.290.2 0.291.1 0.296.1 0.297.2";

  it.each(fixed.split(" "))("reports the expired key in the patch before %s", (version) => {
    const [minor = 0, patch = 0] = version.split(".").slice(1).map(Number);
    const before = knownProblems(`0.${minor}.${patch - 1}`);
    expect(before[0]).toMatch(new RegExp(`expired on 2026-04-18\\. Use ${version.replaceAll(".", "\\.")}, or 1\\.x`));
    expect(knownProblems(version).join()).not.toContain("2026-04-18");
  });

  it.each(["0.299.0", "0.299.3", "1.0.0", "1.13.0"])("reports nothing for %s", (version) => {
    expect(knownProblems(version)).toEqual([]);
  });

  it("advises 1.x for minor versions before 0.210, which got no fix", () => {
    expect(knownProblems("0.209.1")[0]).toMatch(/expired on 2026-04-18\. Use 1\.x/);
  });

  it("reports a version that is too old for the deploy task", () => {
    expect(knownProblems("0.298.1").join()).toContain("too old for DatabricksBundleDeploy@1, which needs 0.299.0");
  });

  it("takes a pre-release as older than its release", () => {
    expect(knownProblems("0.299.0-rc.1").join()).toContain("too old for DatabricksBundleDeploy@1");
    expect(knownProblems("0.299.1-rc.1")).toEqual([]);
    expect(knownProblems("0.299.0+build")).toEqual([]);
  });
});
