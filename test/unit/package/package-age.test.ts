import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { root } from "../../../scripts/project.ts";
import { taskSources } from "../../../scripts/releases.ts";
import { sourceChangedAfter } from "../../e2e/package-age.ts";

const sources = ["tasks", "package-lock.json"];
const packagedAt = 1_700_000_000;

let folder: string;
let built: string;

/** Writes a file that was changed so many seconds after the package was built. */
function write(name: string, seconds: number): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, "content");
  fs.utimesSync(file, packagedAt + seconds, packagedAt + seconds);
  return file;
}

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "package-age-"));
  built = write("dist/a.vsix", 0);
  write("package-lock.json", -10);
  write("tasks/Task/main.ts", -10);
});

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

describe("a package", () => {
  const changed = () => sourceChangedAfter(built, folder, sources);

  it("treats a package as current when all sources are older or as old", () => {
    write("tasks/Task/task.json", 0);
    expect(changed()).toBeUndefined();
  });

  it.each(["package-lock.json", "tasks/Task/main.ts", "tasks/common/deep/er/new.ts"])(
    "treats a package as stale when %s is newer",
    (source) => {
      write(source, 1);
      expect(changed()).toBe(source);
    },
  );

  it("ignores the age of folders and of files that are not sources", () => {
    write("docs/setup.md", 10);
    fs.rmSync(write("tasks/Task/.main.ts.swp", 10));
    expect(changed()).toBeUndefined();
  });

  it("compares the package with sources that exist", () => {
    expect(sourceChangedAfter(write("dist/new.vsix", 10 ** 9), root, taskSources)).toBeUndefined();
  });
});
