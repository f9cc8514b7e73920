import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { oldestNode } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";

const root = "bundle: {name: x, databricks_cli_version: '>= 1.10.0'}\ninclude: ['*/*.yml', 'odd.yml']\n";

describe.each([oldestNode])("DatabricksCliInstaller with version: bundle on $name", ({ path: node }) => {
  const { install } = useInstallerLab(node, (started) => started.publish("1.10.0"));

  /** Installs the version for a bundle whose folder `prepare` changes. */
  function installFor(prepare: (folder: string) => void, text = root) {
    return install(
      { version: "bundle", workingDirectory: "bundle" },
      {
        prepare: (sources) => {
          const folder = path.join(sources, "bundle");
          fs.mkdirSync(path.join(folder, "more"), { recursive: true });
          fs.writeFileSync(path.join(folder, "databricks.yml"), text);
          prepare(folder);
        },
      },
    );
  }

  it("passes over links in a circle and broken links beside the folders of an include pattern", async () => {
    const step = await installFor((folder) => {
      fs.symlinkSync("loop", path.join(folder, "loop"));
      fs.symlinkSync("nothing", path.join(folder, "broken"));
      fs.writeFileSync(path.join(folder, "more", "a.yml"), "bundle: {databricks_cli_version: '1.10.*'}");
    });
    expect(step.outputs["version"], step.text).toBe("1.10.0");
    expect(step.text).toContain("more/a.yml requires Databricks CLI 1.10.*");
  });

  it.each<[string, string, (file: string) => void]>([
    ["a device without an end", "it is not a regular file", (file) => fs.symlinkSync("/dev/zero", file)],
    ["a named pipe", "it is not a regular file", (file) => void execFileSync("mkfifo", [file])],
    ["a folder", "it is not a regular file", (file) => fs.mkdirSync(file)],
    ["a link in a circle", "too many symbolic links", (file) => fs.symlinkSync(file, file)],
    ["a huge file", "it is larger than 10 MB", (file) => fs.writeFileSync(file, "#".repeat(11 * 1024 * 1024))],
  ])("names the included file if it is %s", async (_, reason, make) => {
    const step = await installFor((folder) => make(path.join(folder, "odd.yml")));
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toMatch(/Cannot read .*bundle\/odd\.yml: /);
    expect(step.errors[0]).toContain(reason);
    expect(step.errors[0]).toContain("#bundle-version");
  });

  it("reads nested merges that multiply", async () => {
    const levels = Array.from(
      { length: 25 },
      (_, level) => `m${level + 1}: &m${level + 1} {<<: [*m${level}, *m${level}]}`,
    );
    const text = `m0: &m0 {databricks_cli_version: '1.10.*'}\n${levels.join("\n")}\nbundle: {<<: *m25, name: x}\n`;
    const step = await installFor(() => undefined, text);
    expect(step.outputs["version"], step.text).toBe("1.10.0");
  });
});
