import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { buildDatabricks } from "../../lab/databricks/build.ts";
import { oldestNode } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";

const needsTwo = "bundle: {name: x, databricks_cli_version: '>= 2.0.0'}";

describe.each([oldestNode])("DatabricksCliInstaller with version: bundle, on $name", ({ path: node }) => {
  const { agent, install } = useInstallerLab(node, (started) => started.publish("1.10.0", "1.11.0", "1.12.0", "2.0.0"));

  /** Installs the version for a bundle with these files in the folder `bundle`. */
  function installFor(files: Record<string, string | Buffer>) {
    return install(
      { version: "bundle", workingDirectory: "bundle" },
      {
        prepare: (folder) => {
          for (const [name, content] of Object.entries(files)) {
            fs.mkdirSync(path.dirname(path.join(folder, "bundle", name)), { recursive: true });
            fs.writeFileSync(path.join(folder, "bundle", name), content);
          }
        },
      },
    );
  }

  it("reads the version from databricks.yml", async () => {
    const step = await installFor({
      "databricks.yml": 'bundle: {name: x, databricks_cli_version: ">= 1.10.0, < 1.12.0"}',
    });
    expect(step.outputs["version"], step.text).toBe("1.11.0");
    expect(step.text).toMatch(/databricks\.yml requires Databricks CLI >= 1\.10\.0, < 1\.12\.0/);
  });

  it.each([
    ["latest", "bundle", "2.0.0"],
    ["1.11.0", "bundle", "1.11.0"],
    ["1.11.0", "$(absent)", "1.11.0"],
  ])("warns that with the version %s, workingDirectory %s has no effect", async (version, folder, installed) => {
    const prepare = (root: string) => fs.mkdirSync(path.join(root, "bundle"));
    const step = await install({ version, workingDirectory: folder }, { prepare });
    expect(step.outputs["version"], step.text).toBe(installed);
    expect(step.warnings).toEqual([
      expect.stringContaining("workingDirectory has no effect, because the input version is not bundle."),
    ]);
    expect((await install({ version })).warnings).toEqual([]);
  });

  it("reads the version from the last included file that sets it", async () => {
    const step = await installFor({
      "databricks.yml": "bundle: {name: x, databricks_cli_version: 1.10.0}\ninclude: ['resources/*.yml', last.yml]",
      "resources/a.yml": "bundle: {databricks_cli_version: 2.0.0}",
      "last.yml": "bundle: {databricks_cli_version: 1.12.*}",
    });
    expect(step.outputs["version"], step.text).toBe("1.12.0");
  });

  it.each<[string, Record<string, string | Buffer>]>([
    ["in one file", { "databricks.yml": needsTwo }],
    [
      "in included files",
      {
        "databricks.yaml": "bundle: {name: x, databricks_cli_version: 1.10.0}\ninclude: [b/*.yml, a.yml, '*.json']",
        "b/b.yml": "bundle: {databricks_cli_version: 1.12.*}",
        "a.yml": "bundle: {databricks_cli_version: '>= 1.12.0'}",
        "c.json": '{"bundle": {"databricks_cli_version": "2.0.0"}}',
        "b/.d.yml": "targets: {dev: {bundle: {databricks_cli_version: 1.10.0}}}",
      },
    ],
    ["merged from an anchor", { "bundle.yml": "x: &x {databricks_cli_version: 2.*}\nbundle: {<<: *x, name: x}" }],
    [
      "beside an anchor that is used 120 times",
      { "databricks.yml": `${needsTwo}\nx: &x {a: b}\ny:\n${"  - *x\n".repeat(120)}` },
    ],
    [
      "of a key that comes twice",
      { "databricks.yml": `bundle: {name: x, databricks_cli_version: 1.10.0}\n${needsTwo}\nx: 1\nx: 2` },
    ],
    [
      "in the first of several documents",
      { "databricks.yml": `${needsTwo}\n---\nbundle: {name: x, databricks_cli_version: 1.10.0}\n--- [` },
    ],
    [
      "beside tags of its own",
      { "databricks.yml": `${needsTwo}\nx: !Custom {a: b}\ny: !Custom [a]\nz: !Custom\n  - b` },
    ],
    ["in UTF-16", { "databricks.yml": Buffer.from(`\uFEFF${needsTwo}`, "utf16le") }],
    ["in UTF-16 of the other order", { "databricks.yml": Buffer.from(`\uFEFF${needsTwo}`, "utf16le").swap16() }],
    ["after a comment that a lone carriage return ends", { "databricks.yml": `# comment\r${needsTwo}` }],
  ])("reads the version that the CLI itself checks: %s", async (_, files) => {
    const step = await installFor(files);
    expect(step.raw.stderr).toEqual([]);
    const cli = await (await buildDatabricks({ log: console.log })).cli("1.11.0");
    const bundle = path.join(agent.root, "_work", "1", "s", "bundle");
    const environment = { ...process.env, DATABRICKS_HOST: "http://127.0.0.1:1" };
    const { stderr } = spawnSync(cli, ["bundle", "validate"], { cwd: bundle, env: environment, encoding: "utf8" });
    const required = /Required: (.+), current: 1\.11\.0/.exec(stderr)?.[1];
    expect(required, stderr).toBeDefined();
    expect(step.text).toContain(`requires Databricks CLI ${required}\n`);
  });

  it.each([
    [
      { "databricks.yml": "bundle: {name: x}" },
      /needs bundle\.databricks_cli_version, but neither .*databricks\.yml nor a file that it includes sets it/,
    ],
    [
      { "databricks.yml": 'bundle: {databricks_cli_version: "^1.0"}' },
      /is "\^1\.0", which is not a version constraint that the CLI accepts/,
    ],
    [{ "databricks.yml": "bundle: {name: [" }, /Cannot read .*databricks\.yml/],
    [{ "other.yml": "" }, /There is no bundle in .*bundle/],
    [{ "databricks.yml": "", "bundle.yml": "" }, /several bundle files/],
  ])("fails when the bundle does not state a version that it can read: %o", async (files, message) => {
    const step = await installFor(files);
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toMatch(message);
    expect(step.errors[0]).toContain("#bundle-version");
  });
});
