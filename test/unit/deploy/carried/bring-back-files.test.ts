import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { forgetFiles } from "../../../../tasks/DatabricksBundleDeploy/carried/bring-back-files.ts";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "forget-files-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

it("removes what the CLI remembers of an earlier deploy", () => {
  fs.writeFileSync(path.join(folder, "deployment.json"), "{}");
  fs.mkdirSync(path.join(folder, "sync-snapshots"));
  fs.writeFileSync(path.join(folder, "resources.json"), "{}");
  forgetFiles(folder);
  expect(fs.readdirSync(folder)).toEqual(["resources.json"]);
});

it("tells what to do where another account has left it, such as a container that ran as root", () => {
  const file = path.join(folder, "deployment.json");
  const details = { code: "EACCES", syscall: "unlink", path: file };
  vi.spyOn(fs, "rmSync").mockImplementation(() => {
    throw Object.assign(new Error(`EACCES: permission denied, unlink '${file}'`), details);
  });
  const denied = expect.objectContaining({
    message: `Cannot remove what the CLI remembers of an earlier deploy: access is denied (EACCES, ${file}).`,
    hint: expect.stringContaining("If a job of another account has left it, delete the folder there."),
  });
  expect(() => forgetFiles(folder)).toThrow(denied);
});
