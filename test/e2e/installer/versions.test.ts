import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { taskNodes } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";

const latestPage = "github.com/databricks/cli/releases/latest";
const tagList = "github.com/databricks/cli.git/info/refs";

describe.each(taskNodes)("Versions, on $name", ({ path: node }) => {
  const { lab, agent, install } = useInstallerLab(node, (started) =>
    started.publish("0.240.0", "1.10.0", "1.11.0", "1.12.0", "1.12.1", "2.0.0"),
  );

  it.each([
    ["1.11.0", "1.11.0"],
    ["v1.11.0", "1.11.0"],
    ["1.x", "1.12.1"],
    ["~1.11.0", "1.11.0"],
    [">=1.10 <1.12", "1.11.0"],
    ["latest", "2.0.0"],
  ])("installs %s as %s", async (version, installed) => {
    const step = await install({ version });
    expect(step.outputs, step.text).toMatchObject({ version: installed, source: "download" });
    expect(step.versionOnPath).toBe(installed);
  });

  it("resolves a range with the git tags, and names them as its source", async () => {
    const step = await install({ version: "1.x" });
    expect(step.text).toContain(
      "1.12.1 is a version in the range 1.x, says https://github.com/databricks/cli.git/info/refs",
    );
  });

  it("resolves latest with the git tags when the redirect does not answer", async () => {
    lab.releases.fault(latestPage, { status: 404 });
    const step = await install({ version: "latest" });
    expect(step.outputs["version"]).toBe("2.0.0");
    expect(step.text).toMatch(/No version list from .*releases\/latest \(answered 404, not a redirect\)/);
    expect(step.text).toContain("2.0.0 is the latest version, says https://github.com/databricks/cli.git");
  });

  it("resolves a range with the redirect when the git tags do not answer", async () => {
    lab.releases.fault(tagList, { html: "<html>blocked</html>" });
    const step = await install({ version: ">=1.12" });
    expect(step.outputs["version"]).toBe("2.0.0");
    expect(step.text).toMatch(/info\/refs.* \(is no git repository\)/);
  });

  it("tries the next older version when a tag has no files yet", async () => {
    lab.releases.tagsOnly(["1.13.0"]);
    const step = await install({ version: "1.x" });
    expect(step.outputs["version"], step.text).toBe("1.12.1");
    expect(step.text).toContain("has no files of 1.13.0");
  });

  it("fails for a range without a release, and names the newest releases", async () => {
    const step = await install({ version: "3.x" });
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toMatch(/No release .* in the range 3\.x.*2\.0\.0, 1\.12\.1, 1\.12\.0.*#version/s);
  });

  it("fails for a version that does not exist, and names the nearest releases", async () => {
    const step = await install({ version: "1.11.5" });
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toMatch(
      /1\.11\.5 cannot be downloaded.*nearest versions are 1\.12\.1, 1\.12\.0, 1\.11\.0, 1\.10\.0/s,
    );
  });

  describe("when no source lists the versions", () => {
    beforeEach(() => {
      lab.releases.fault(/releases\/latest|info\/refs/, { status: 404 }, 100);
    });

    it.each([
      ["latest", "1.12.0"],
      ["~1.11.0", "1.11.0"],
    ])(
      "uses a version from the tool cache for %s, with a warning, when no source lists the versions",
      async (version, expected) => {
        for (const earlier of ["1.11.0", "1.12.0"]) await install({ version: earlier });
        const step = await install({ version });
        expect(step.outputs).toMatchObject({ version: expected, source: "cache" });
        expect(step.warnings).toHaveLength(1);
        expect(step.warnings[0]).toMatch(
          new RegExp(`CLI ${expected.replaceAll(".", "\\.")} is used from this agent's tool cache`),
        );
      },
    );

    /** Changes a version in the tool cache. */
    function change(version: string): void {
      fs.appendFileSync(path.join(agent.toolsDirectory, "databricks", version, process.arch, "databricks"), "#");
    }

    it("does not use a changed version from the tool cache, and names it", async () => {
      for (const version of ["1.11.0", "1.12.0"]) await install({ version });
      change("1.12.0");
      const step = await install({ version: "1.x" });
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "cache" });
      expect(step.warnings[0]).toMatch(/1\.11\.0 is used .*The tool cache holds 1\.12\.0, which .* has changed/);
      change("1.11.0");
      const failed = await install({ version: "1.x" });
      expect(failed.errors[0]).toMatch(/The tool cache holds 1\.12\.0, 1\.11\.0, which this task did not install/);
    });

    it("fails when the tool cache has no matching version, and does not choose another one", async () => {
      await install({ version: "1.12.0" });
      const step = await install({ version: "~1.11.0" });
      expect(step.result).toBe("Failed");
      expect(step.outputs).toEqual({});
      expect(step.errors[0]).toMatch(/Nobody says which version is .*~1\.11\.0.*answered 404.*downloadUrl/s);
    });
  });

  describe("when the only source names one version, and that is not in the range", () => {
    beforeEach(() => lab.releases.fault(tagList, { status: 404 }));

    it("uses a version from the tool cache, with a warning, when the only listed one is not in the range", async () => {
      await install({ version: "1.12.0" });
      const step = await install({ version: "1.x" });
      expect(step.outputs, step.text).toMatchObject({ version: "1.12.0", source: "cache" });
      expect(step.warnings).toEqual([expect.stringMatching(/CLI 1\.12\.0 is used .*tool cache/)]);
      expect(step.text).toContain("releases/latest names 2.0.0; that is not a version in the range 1.x.");
    });

    it("fails without a cached version, and does not claim that there is no such release", async () => {
      const step = await install({ version: "1.x" });
      expect(step.errors[0]).toMatch(
        /Nobody says which version is .* 1\.x: .*info\/refs\S* \(answered 404\); .*releases\/latest \(names 2\.0\.0\).*Change the version/,
      );
      expect(step.text).not.toMatch(/No release|Let this agent reach/);
    });
  });

  describe("when the host of all lists cannot be reached", () => {
    it.each(["latest", "1.x"])(
      "uses a version from the tool cache for %s after three attempts to reach the host",
      async (version) => {
        await install({ version: "1.12.0" });
        lab.proxy.unmap("github.com");
        const step = await install({ version });
        expect(step.outputs, step.text).toMatchObject({ version: "1.12.0", source: "cache" });
        expect(step.warnings).toHaveLength(1);
        expect(step.text.match(/trying again/g)).toHaveLength(2);
        expect(step.text).toMatch(/github\.com: the agent's proxy .* refused to connect \(502\)/);
        expect(step.text).toContain("(not asked, because github.com could not be reached)");
      },
    );
  });

  it.each([
    ["0.240.0", /can no longer download Terraform.*Use 0\.240\.1, or 1\.x/],
    ["0.240.0", /too old for DatabricksBundleDeploy@1/],
  ])("warns about known problems of %s", async (version, warning) => {
    const step = await install({ version });
    expect(step.result).toBe("Succeeded");
    expect(step.warnings.join("\n")).toMatch(warning);
    const again = await install({ version });
    expect(again.outputs["source"]).toBe("cache");
    expect(again.warnings).toEqual(step.warnings);
  });
});
