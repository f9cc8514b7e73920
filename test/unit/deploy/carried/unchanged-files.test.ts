import { describe, expect, it } from "vitest";
import { neverUploaded } from "../../../../tasks/common/databricks/cli/sync-snapshot.ts";
import type { KeptFiles } from "../../../../tasks/DatabricksBundleDeploy/carried/kept-files.ts";
import {
  isSameUpload,
  snapshotOf,
  unchangedFiles,
} from "../../../../tasks/DatabricksBundleDeploy/carried/unchanged-files.ts";

const upload = { id: "5f0a", sequence: 4, timestamp: "2026-11-26T09:20:00Z" };
const kept: KeptFiles = {
  address: "https://adb-1.2.azuredatabricks.net",
  host: "https://adb-1.2.azuredatabricks.net",
  filePath: "/Workspace/Users/me/files",
  upload,
  syncRoot: "",
  deployment: undefined,
  files: new Map([
    ["src/a.py", { remoteName: "src/a", content: { hash: "A", type: "NOTEBOOK", modifiedAt: 100 } }],
    ["unknown.txt", { remoteName: "unknown.txt", content: undefined }],
  ]),
};
const stamp = { modifiedAt: 5n, changedAt: 6n, size: 7n };
const local = new Map([
  ["src/a.py", { hash: "A", stamp }],
  ["unknown.txt", { hash: "U", stamp }],
]);
const listed = { type: "NOTEBOOK", modifiedAt: 100 };
const at = (object: { type: string; modifiedAt: number | undefined }) =>
  new Map([
    ["/Users/me/files/src/a", object],
    ["/Users/me/files/unknown.txt", { type: "FILE", modifiedAt: 100 }],
  ]);

describe("A file of a bundle", () => {
  it("is unchanged if its content is the uploaded one, and the workspace has nothing else in its place", () => {
    expect([...unchangedFiles(kept, local, at(listed))]).toEqual([
      ["src/a.py", { content: { hash: "A", type: "NOTEBOOK", modifiedAt: 100 }, stamp }],
    ]);
  });

  it.each([
    ["has other content here", new Map([["src/a.py", { hash: "B", stamp }]]), at(listed)],
    ["is not here", new Map(), at(listed)],
    ["was changed in the workspace", local, at({ ...listed, modifiedAt: 101 })],
    ["is of another type in the workspace", local, at({ ...listed, type: "FILE" })],
    ["is in a workspace that lists no times", local, at({ ...listed, modifiedAt: undefined })],
    ["is not in the workspace", local, new Map()],
  ])("is not unchanged if it %s", (_, files, objects) => {
    expect(unchangedFiles(kept, files, objects).size).toBe(0);
  });

  it("is unchanged too if the workspace lists a notebook with the extension of its file", () => {
    expect(unchangedFiles(kept, local, new Map([["/Users/me/files/src/a.py", listed]])).size).toBe(1);
  });

  it("gets its own time in the snapshot if it is unchanged, and otherwise one before all others", () => {
    const snapshot = snapshotOf(kept, unchangedFiles(kept, local, at(listed)));
    expect(snapshot).toMatchObject({ host: kept.host, remotePath: kept.filePath });
    expect([...snapshot.files]).toEqual([
      ["src/a.py", { remoteName: "src/a", modifiedAt: 5n }],
      ["unknown.txt", { remoteName: "unknown.txt", modifiedAt: neverUploaded }],
    ]);
  });
});

describe("An upload", () => {
  it.each([{ id: "0000" }, { sequence: 5 }, { timestamp: "2026-11-26T09:20:01Z" }])(
    "is another one with %o",
    (other) => {
      expect(isSameUpload(upload, { ...upload })).toBe(true);
      expect(isSameUpload(upload, { ...upload, ...other })).toBe(false);
    },
  );
});
