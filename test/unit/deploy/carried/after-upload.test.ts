import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SyncSnapshot } from "../../../../tasks/common/databricks/cli/sync-snapshot.ts";
import {
  certainHashes,
  skippedFiles,
  syncRootOf,
  wronglySkipped,
} from "../../../../tasks/DatabricksBundleDeploy/carried/after-upload.ts";
import { readLocalFiles } from "../../../../tasks/DatabricksBundleDeploy/carried/local-files.ts";

const second = 1_000_000_000n;

describe("A file that a deploy has uploaded or left out", () => {
  let root = "";
  const file = () => path.join(root, "bundle/a.txt");
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), "after-upload-"));
    fs.mkdirSync(path.join(root, "bundle"));
    fs.writeFileSync(file(), "one\n");
  });
  afterEach(() => fs.rmSync(root, { recursive: true }));

  const modified = () => fs.statSync(file(), { bigint: true }).mtimeNs;
  const found = (modifiedAt: bigint): SyncSnapshot => ({
    host: "https://h",
    remotePath: "/r",
    files: new Map([["bundle/a.txt", { remoteName: "bundle/a.txt", modifiedAt }]]),
  });
  async function unchanged() {
    const [[name, { hash, stamp }] = ["", { hash: "", stamp: undefined }]] = await readLocalFiles(root, [
      "bundle/a.txt",
    ]);
    if (stamp === undefined) throw new Error("The file was not read.");
    return new Map([[name, { content: { hash, type: "FILE", modifiedAt: 1 }, stamp }]]);
  }
  /** Replaces the file by another one with the same time and size, as `cp -p` can. */
  function replaceUnseen(content: string): void {
    const { atime, mtime } = fs.statSync(file());
    fs.writeFileSync(file(), content);
    fs.utimesSync(file(), atime, mtime);
  }

  it("is left out if the CLI has found it as it was compared, or older", async () => {
    const files = await unchanged();
    expect(skippedFiles(files, found(modified())).size).toBe(1);
    expect(skippedFiles(files, found(modified() - second)).size).toBe(1);
    expect(skippedFiles(files, found(modified() + 1n)).size).toBe(0);
    expect(skippedFiles(files, { ...found(0n), files: new Map() }).size).toBe(0);
  });

  it("is left out rightly if its content is still the same", async () => {
    const files = await unchanged();
    expect(await wronglySkipped(root, files, found(modified()))).toEqual([]);
    fs.chmodSync(file(), 0o600);
    expect(await wronglySkipped(root, files, found(modified()))).toEqual([]);
  });

  it("is left out wrongly if an older one has replaced it, or another one with the same time and size", async () => {
    fs.utimesSync(file(), 1_000, 1_000);
    const files = await unchanged();
    expect(await wronglySkipped(root, files, found(modified() - second))).toEqual(["bundle/a.txt"]);
    replaceUnseen("two\n");
    expect(await wronglySkipped(root, files, found(modified()))).toEqual(["bundle/a.txt"]);
  });

  it("is certain only if it is still as the CLI has found it", async () => {
    const hashes = (modifiedAt: bigint, startedAt: bigint) =>
      certainHashes(root, ["bundle/a.txt"], found(modifiedAt), startedAt);
    fs.utimesSync(file(), 1_000, 1_000);
    const inAnHour = BigInt(Date.now() + 3_600_000) * 1_000_000n;
    expect((await hashes(modified(), inAnHour)).size).toBe(1);
    expect((await hashes(modified() - 1n, inAnHour)).size).toBe(0);
    // Its time was set after the deploy had begun.
    expect((await hashes(modified(), 2_000n * second)).size).toBe(0);
  });

  it("tells where the sync root is", () => {
    expect(syncRootOf(path.join(root, "bundle"), found(modified()))).toBe("..");
    expect(syncRootOf(root, found(modified()))).toBe("");
    expect(syncRootOf(root, found(modified() + 1n))).toBeUndefined();
  });

  it("tells where the sync root is although a folder has files with the names and times of others", () => {
    const put = (name: string) => {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      fs.writeFileSync(path.join(root, name), "");
      fs.utimesSync(path.join(root, name), 1_000, 1_000);
    };
    for (const name of ["bundle/a.txt", "bundle/shared/b.txt", "shared/b.txt"]) put(name);
    const modifiedAt = 1_000n * second;
    const of = (...names: string[]): SyncSnapshot => ({
      ...found(0n),
      files: new Map(names.map((remoteName) => [remoteName, { remoteName, modifiedAt }])),
    });
    const bundle = path.join(root, "bundle");
    expect(syncRootOf(bundle, of("bundle/a.txt", "bundle/shared/b.txt", "shared/b.txt"))).toBe("..");
    expect(syncRootOf(bundle, of("a.txt", "shared/b.txt"))).toBe("");
    // One that is gone meanwhile does not count.
    expect(syncRootOf(bundle, of("bundle/a.txt", "bundle/gone.txt", "shared/b.txt"))).toBe("..");
    expect(syncRootOf(bundle, of("shared/b.txt"))).toBeUndefined();
  });
});
