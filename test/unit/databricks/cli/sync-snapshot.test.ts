import { describe, expect, it } from "vitest";
import {
  formatSyncSnapshot,
  neverUploaded,
  parseSyncSnapshot,
  snapshotFile,
} from "../../../../tasks/common/databricks/cli/sync-snapshot.ts";

/** As the CLI 1.11 writes it. */
const written = {
  version: "v1",
  host: "https://adb-1.2.azuredatabricks.net",
  remote_path: "/Workspace/Users/me/.bundle/a/dev/files",
  last_modified_times: { "src/a.py": "2026-11-26T10:20:00.000000001+01:00", "b.txt": "2026-11-26T09:20:00Z" },
  local_to_remote_names: { "src/a.py": "src/a", "b.txt": "b.txt" },
  remote_to_local_names: { "src/a": "src/a.py", "b.txt": "b.txt" },
};

describe("A sync snapshot of the CLI", () => {
  it("is read with the files' times in nanoseconds", () => {
    const seconds = BigInt(Date.parse("2026-11-26T09:20:00Z")) * 1_000_000n;
    expect(parseSyncSnapshot(JSON.stringify(written))).toEqual({
      host: written.host,
      remotePath: written.remote_path,
      files: new Map([
        ["src/a.py", { remoteName: "src/a", modifiedAt: seconds + 1n }],
        ["b.txt", { remoteName: "b.txt", modifiedAt: seconds }],
      ]),
    });
  });

  it.each([
    ["of another version", { ...written, version: "v2" }],
    ["without a host", { ...written, host: undefined }],
    ["with a file without a time", { ...written, last_modified_times: { "b.txt": "2026-11-26T09:20:00Z" } }],
    ["with a time without a file", { ...written, local_to_remote_names: { "b.txt": "b.txt" } }],
    ["with a time in another form", { ...written, last_modified_times: { "src/a.py": 1, "b.txt": 2 } }],
  ])("%s is not read", (_, snapshot) => {
    expect(parseSyncSnapshot(JSON.stringify(snapshot))).toBeUndefined();
  });

  it("that is not JSON is not read", () => {
    expect(parseSyncSnapshot("{")).toBeUndefined();
  });

  it("is written with the times that it was read with, and with names that lead both ways", () => {
    const snapshot = parseSyncSnapshot(JSON.stringify(written));
    if (snapshot === undefined) throw new Error("It was not read.");
    const text = formatSyncSnapshot(snapshot);
    expect(parseSyncSnapshot(text)).toEqual(snapshot);
    expect(JSON.parse(text)).toMatchObject({
      last_modified_times: { "src/a.py": "2026-11-26T09:20:00.000000001Z" },
      remote_to_local_names: written.remote_to_local_names,
    });
  });

  it("names a file that was never uploaded with the time that Go calls zero", () => {
    const files = new Map([["a", { remoteName: "a", modifiedAt: neverUploaded }]]);
    expect(JSON.parse(formatSyncSnapshot({ host: "h", remotePath: "/r", files }))).toMatchObject({
      last_modified_times: { a: "0001-01-01T00:00:00.000000000Z" },
    });
  });

  it("is in a file that the workspace's address and the folder name", () => {
    expect(snapshotFile("/target", { host: "https://a", remotePath: "/b" })).toBe(
      "/target/sync-snapshots/177e8bf5dbadc1b8.json",
    );
  });
});
