import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { version } from "../../../package.json";
import { root } from "../../../scripts/build.ts";
import { versionProblem } from "../../../scripts/releases.ts";
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

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "releases-"));
  git("init", "-q");
  for (const file of ["scripts/build.ts", "scripts/bundle.ts", "scripts/third-party-notices.ts", "package-lock.json"])
    commit(file);
  commit("tasks/Task/main.ts");
});

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

describe("a version", () => {
  it("may change as long as it is not released", () => {
    expect(versionProblem(folder, "1.0.0")).toBeUndefined();
    commit("tasks/Task/main.ts");
    expect(versionProblem(folder, "1.0.0")).toBeUndefined();
  });

  it("must rise when a released task changes, once until the next release", () => {
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

  it("never falls, by number", () => {
    git("tag", "v1.9.0");
    git("tag", "v1.10.0");
    expect(versionProblem(folder, "1.9.1")).toBe("1.9.1 is older than the released v1.10.0.");
    expect(versionProblem(folder, "1.11.0")).toBeUndefined();
  });
});

describe("this version", () => {
  it("can be released", () => {
    const isCheckout = fs.existsSync(path.join(root, ".git"));
    expect(isCheckout ? versionProblem(root, version) : undefined).toBeUndefined();
  });

  it("has an entry in the changelog", () => {
    expect(read("CHANGELOG.md")).toContain(`\n## ${version}\n`);
  });
});
