import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { read } from "./project.ts";

interface Step {
  readonly script?: string;
  readonly publish?: string;
}

const { stages } = parse(read("azure-pipelines.yml")) as { stages: { jobs: { steps: Step[] }[] }[] };
const steps = stages[0]?.jobs[0]?.steps ?? [];

/** A folder with a package in dist, and an npm that notes what it is asked for and writes what `npm run sbom` writes. */
function checkout(): { folder: string; programs: string } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "published-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const programs = path.join(folder, "programs");
  for (const name of ["dist", "programs"]) fs.mkdirSync(path.join(folder, name));
  fs.writeFileSync(path.join(folder, "dist", "a.vsix"), "package");
  const npm = `#!/bin/sh\necho "$@" >> npm.log\ntest "$*" = "run sbom" && echo "{}" > dist/sbom.spdx.json\n`;
  fs.writeFileSync(path.join(programs, "npm"), npm, { mode: 0o755 });
  return { folder, programs };
}

it("publishes the package with its SBOM and the checksums of both", () => {
  const { folder, programs } = checkout();
  const macro = "$(Build.ArtifactStagingDirectory)";
  const collect = steps.find(({ script }) => script?.includes("SHA256SUMS"))?.script ?? "";
  const script = collect.replaceAll(macro, path.join(folder, "staging"));
  const env = { ...process.env, PATH: `${programs}:${process.env["PATH"]}` };
  execFileSync("bash", ["-c", script], { cwd: folder, env, stdio: "pipe" });

  const published = path.join(folder, "staging", "extension");
  expect(fs.readdirSync(published).sort()).toEqual(["SHA256SUMS", "a.vsix", "sbom.spdx.json"]);
  const sums = fs.readFileSync(path.join(published, "SHA256SUMS"), "utf8");
  expect(sums.match(/^[0-9a-f]{64} .+$/gm)?.map((line) => line.slice(66))).toEqual(["a.vsix", "sbom.spdx.json"]);
  expect(fs.readFileSync(path.join(folder, "npm.log"), "utf8")).toBe("run sbom\n");
  expect(steps.map(({ publish }) => publish)).toContain(`${macro}/extension`);
  expect(JSON.parse(read("package.json"))).toMatchObject({ scripts: { sbom: "tsx scripts/sbom.ts" } });
});
