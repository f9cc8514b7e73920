import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { version } from "../../../package.json";
import { bundleTask } from "../../../scripts/bundle.ts";
import { root, taskNames } from "../../../scripts/project.ts";
import { taskSources, versionProblem } from "../../../scripts/releases.ts";
import { read } from "./project.ts";

let folder: string;

const git = (...command: string[]) => {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@contoso.example", "-c", "commit.gpgsign=false"];
  execFileSync("git", [...identity, ...command], { cwd: folder, stdio: "pipe" });
};

function commit(file: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  fs.appendFileSync(path.join(folder, file), "change\n");
  git("add", ".");
  git("commit", "-m", "Change");
}

/** A file of the folder `tasks`, or the file itself. */
const fileOf = (source: string) => (source.includes(".") ? source : `${source}/Task/main.ts`);

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "releases-"));
  git("init", "-q");
  for (const source of taskSources) commit(fileOf(source));
});

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

describe("a version", () => {
  it("lets a version change until it is released", () => {
    expect(versionProblem(folder, "1.0.0")).toBeUndefined();
    commit("tasks/Task/main.ts");
    expect(versionProblem(folder, "1.0.0")).toBeUndefined();
  });

  it("requires a new version when a released task changes, once until the next release", () => {
    git("tag", "v1.0.0");
    expect(versionProblem(folder, "1.0.0")).toBeUndefined();
    commit("docs/setup.md");
    expect(versionProblem(folder, "1.0.0")).toBeUndefined();
    commit("tasks/Task/main.ts");
    expect(versionProblem(folder, "1.0.0")).toBe("1.0.0 is released, and tasks/Task/main.ts changed since.");
    expect(versionProblem(folder, "1.0.1")).toBeUndefined();
    commit("tasks/Task/main.ts");
    expect(versionProblem(folder, "1.0.1")).toBeUndefined();
  });

  it.each(taskSources.map(fileOf))("requires a new version when %s changes", (file) => {
    git("tag", "v1.0.0");
    commit(file);
    expect(versionProblem(folder, "1.0.0")).toBe(`1.0.0 is released, and ${file} changed since.`);
  });

  it("refuses a version that is lower by number", () => {
    git("tag", "v1.9.0");
    git("tag", "v1.10.0");
    expect(versionProblem(folder, "1.9.1")).toBe("1.9.1 is older than the released v1.10.0.");
    expect(versionProblem(folder, "1.11.0")).toBeUndefined();
  });
});

describe("what decides the bytes of a task", () => {
  // The version comes from package.json; the Marketplace page goes beside the tasks.
  const others = ["package.json", "scripts/listing.ts"];
  const unwatched = (files: readonly string[]) =>
    files.filter(
      (file) =>
        !/node_modules/.test(file) &&
        !others.includes(file) &&
        !taskSources.some((source) => file === source || file.startsWith(`${source}/`)),
    );

  it("watches all files of the build", async () => {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: ["scripts/build.ts"],
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      write: false,
      metafile: true,
    });
    expect(Object.keys(metafile.inputs)).toContain("scripts/bundle.ts");
    expect(unwatched(Object.keys(metafile.inputs))).toEqual([]);
  });

  it.each(taskNames)("watches all sources of %s", async (name) => {
    const metafiles = await bundleTask(root, path.join(root, "tasks", name), folder);
    const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
    expect(inputs).toContain("vss-extension.json");
    expect(unwatched(inputs)).toEqual([]);
  });
});

describe("this version", () => {
  it("can release this version", () => {
    const isCheckout = fs.existsSync(path.join(root, ".git"));
    expect(isCheckout ? versionProblem(root, version) : undefined).toBeUndefined();
  });

  it("has an entry for this version in the changelog", () => {
    expect(read("CHANGELOG.md")).toContain(`\n## ${version}\n`);
  });
});
