import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { oldestNode } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";

const latestPage = "github.com/databricks/cli/releases/latest";
const tagList = "github.com/databricks/cli.git/info/refs";

describe.each([oldestNode])("Versions, on $name", ({ path: node }) => {
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
    expect(step.text).toContain("Newest version in range 1.x: 1.12.1 (from the git tags of github.com/databricks/cli)");
  });

  it("resolves latest with the git tags when the redirect does not answer", async () => {
    lab.releases.fault(latestPage, { status: 404 });
    const step = await install({ version: "latest" });
    expect(step.outputs["version"]).toBe("2.0.0");
    expect(step.text).toMatch(
      /No versions from the latest release of \S+ \(returned status 404 instead of a redirect\)/,
    );
    expect(step.text).toContain("Latest version: 2.0.0 (from the git tags of github.com/databricks/cli)");
  });

  it("resolves a range with the redirect when the git tags do not answer", async () => {
    lab.releases.fault(tagList, { html: "<html>blocked</html>" });
    const step = await install({ version: ">=1.12" });
    expect(step.outputs["version"]).toBe("2.0.0");
    expect(step.text).toMatch(/the git tags of .* \(returned a web page\)/);
  });

  it("explains that a web page answers in place of every list of versions", async () => {
    lab.releases.fault(/info\/refs|releases\/latest/, { html: "<html>blocked</html>" }, 9);
    const step = await install({ version: "1.x" });
    expect(step.errors[0]).toMatch(
      /No source reports .*\(returned a web page\);.*\(returned a web page\).*A proxy or a sign-in page answered.*#version/s,
    );
  });

  it("tries the next older version when a tag has no files yet", async () => {
    lab.releases.tagsOnly(["1.13.0"]);
    const step = await install({ version: "1.x" });
    expect(step.outputs["version"], step.text).toBe("1.12.1");
    expect(step.text).toContain("has no archive of version 1.13.0");
  });

  it("fails for a range without a release, and names the newest releases", async () => {
    const step = await install({ version: "3.x" });
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toMatch(
      /a version in range 3\.x, but .* no such release.*2\.0\.0, 1\.12\.1, 1\.12\.0.*#version/s,
    );
  });

  it("fails for a version that does not exist, and names the nearest releases", async () => {
    const step = await install({ version: "1.11.5" });
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toMatch(
      /Cannot download Databricks CLI 1\.11\.5.*nearest versions are 1\.12\.1, 1\.12\.0, 1\.11\.0, 1\.10\.0/s,
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
          new RegExp(`Using Databricks CLI ${expected.replaceAll(".", "\\.")} from this agent's tool cache`),
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
      expect(step.warnings[0]).toMatch(
        /Using Databricks CLI 1\.11\.0 .*The tool cache contains 1\.12\.0, but not as this task installed it/,
      );
      change("1.11.0");
      const failed = await install({ version: "1.x" });
      expect(failed.errors[0]).toMatch(/The tool cache contains 1\.12\.0, 1\.11\.0, but not as this task installed it/);
    });

    it("fails when the tool cache has no matching version, and does not choose another one", async () => {
      await install({ version: "1.12.0" });
      const step = await install({ version: "~1.11.0" });
      expect(step.result).toBe("Failed");
      expect(step.outputs).toEqual({});
      expect(step.errors[0]).toMatch(/No source reports .*~1\.11\.0.*returned status 404.*downloadUrl/s);
    });
  });

  describe("when the only source names one version, and that is not in the range", () => {
    beforeEach(() => lab.releases.fault(tagList, { status: 404 }));

    it("uses a version from the tool cache, with a warning, when the only listed one is not in the range", async () => {
      await install({ version: "1.12.0" });
      const step = await install({ version: "1.x" });
      expect(step.outputs, step.text).toMatchObject({ version: "1.12.0", source: "cache" });
      expect(step.warnings).toEqual([expect.stringMatching(/Using Databricks CLI 1\.12\.0 .*tool cache/)]);
      expect(step.text).toContain(
        "Versions from the latest release of github.com/databricks/cli: 2.0.0. They do not include a version in range 1.x.",
      );
    });

    it("fails without a cached version, and does not claim that there is no such release", async () => {
      const step = await install({ version: "1.x" });
      expect(step.errors[0]).toMatch(
        /No source reports .* 1\.x: the git tags of \S+ \(returned status 404\); the latest release of \S+ \(lists 2\.0\.0\).*Set the input version to an exact version/s,
      );
      expect(step.text).not.toMatch(/no such release|Allow this agent to reach/);
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
        expect(step.text.match(/Trying again in/g)).toHaveLength(2);
        expect(step.text).toMatch(/github\.com: the agent's proxy .* could not connect to it \(502\)/);
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
