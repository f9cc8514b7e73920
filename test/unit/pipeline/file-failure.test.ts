import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../../tasks/common/pipeline/errors.ts";
import { causeInWords, fileFailure } from "../../../tasks/common/pipeline/file-failure.ts";

describe("A file operation that the system refuses", () => {
  let folder: string;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "file-failure-"));
    fs.writeFileSync(path.join(folder, "file"), "");
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));

  /** The UserError for what `work` throws. */
  function failureOf(work: () => void): UserError {
    try {
      work();
    } catch (error) {
      const failure = fileFailure(error, { work: "write the plan", otherwise: "Or go elsewhere.", section: "inputs" });
      if (failure instanceof UserError) return failure;
    }
    throw new Error("There was no UserError.");
  }

  it("is reported with the cause in words and what to do when the disk is full", () => {
    const failure = failureOf(() => fs.writeFileSync("/dev/full", "content"));
    expect(failure.message).toBe("Cannot write the plan: the disk is full (ENOSPC).");
    expect(failure.hint).toBe("Free space on this disk. Or go elsewhere.");
    expect(failure.section).toBe("inputs");
  });

  it.each<[string, RegExp, () => void]>([
    ["ENOTDIR", /a part of the path is a file.*file\/below\)/, () => fs.mkdirSync(path.join(folder, "file", "below"))],
    [
      "ENOENT",
      /a file or folder is missing.*missing\/below\)/,
      () => fs.mkdirSync(path.join(folder, "missing", "below")),
    ],
    ["EISDIR", /it is a folder/, () => fs.openSync(folder, "w")],
    ["EEXIST", /another file or link has this name/, () => fs.mkdirSync(folder)],
    ["ENAMETOOLONG", /the path is too long/, () => fs.mkdirSync(path.join(folder, "x".repeat(300)))],
    ["ENOENT", /a to \S+b\)/, () => fs.renameSync(path.join(folder, "a"), path.join(folder, "b"))],
  ])("names the path for the system's own %s", (code, message, work) => {
    const failure = failureOf(work);
    expect(failure.message).toContain(`(${code}, ${folder}`);
    expect(failure.message).toMatch(message);
  });

  it.each([
    "ENOSPC",
    "EDQUOT",
    "EFBIG",
    "EROFS",
    "EACCES",
    "EPERM",
    "EMFILE",
    "ENFILE",
    "ENOMEM",
    "EIO",
    "ESTALE",
    "EBUSY",
  ])("has words for %s", (code) => {
    const error = Object.assign(new Error(`${code}: in the system's words, open 'x'`), { code, syscall: "open" });
    const failure = failureOf(() => {
      throw error;
    });
    expect(failure.message).toBe(`Cannot write the plan: ${causeInWords(code)} (${code}).`);
    expect(failure.hint).toMatch(/^[A-Z].*\. Or go elsewhere\.$/);
    expect(failure.cause).toBe(error);
  });

  it("does not repeat a path that the message already names", () => {
    const error = Object.assign(new Error(), { code: "EROFS", syscall: "mkdir", path: "/tools" });
    const failure = fileFailure(error, { work: "write to /tools", section: "tools-folder" });
    expect(String(failure)).toContain("Cannot write to /tools: the file system is read-only (EROFS).");
  });

  it("keeps the system's words for a code that has no own ones", () => {
    const error = Object.assign(new Error("EXDEV: cross-device link"), { code: "EXDEV", syscall: "rename" });
    expect(String(fileFailure(error, { work: "rename it", section: "inputs" }))).toContain(
      "cross-device link (EXDEV).",
    );
  });

  it.each([new Error("a bug"), new UserError("an input", { section: "inputs" }), "text"])(
    "does not change another error",
    (error) => expect(fileFailure(error, { work: "write", section: "inputs" })).toBe(error),
  );
});
