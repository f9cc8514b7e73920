import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  formatKeptFiles,
  type KeptFiles,
  parseKeptFiles,
} from "../../../../tasks/DatabricksBundleDeploy/carried/kept-files.ts";

const kept: KeptFiles = {
  address: "https://adb-1.2.azuredatabricks.net",
  host: "https://adb-1.2.azuredatabricks.net",
  filePath: "/Workspace/Users/me/files",
  upload: { id: "5f0a", sequence: 4, timestamp: "2026-11-26T09:20:00Z" },
  syncRoot: "../..",
  deployment: { text: '{"version":1}', modifiedAt: 90 },
  files: new Map([
    ["src/a.py", { remoteName: "src/a", content: { hash: "A", type: "NOTEBOOK", modifiedAt: 100 } }],
    ["b.txt", { remoteName: "b.txt", content: undefined }],
  ]),
};
const changed = (change: object) => JSON.stringify({ ...JSON.parse(formatKeptFiles(kept)), ...change });

describe("What is kept about uploaded files", () => {
  it("is read as it was written", () => {
    expect(parseKeptFiles(formatKeptFiles(kept))).toEqual(kept);
  });

  it.each([
    ["that an earlier version of the task has kept", undefined],
    ["whose copy of deployment.json is damaged", { modifiedAt: 90, gzip: "H4sI" }],
    ["whose copy of deployment.json has no time", { gzip: gzipSync("{}").toString("base64") }],
  ])("%s is read without that copy", (_, deployment) => {
    expect(parseKeptFiles(changed({ deployment }))).toEqual({ ...kept, deployment: undefined });
  });

  it("takes a few hundred kilobytes for 3,000 files", () => {
    const content = { hash: "x".repeat(43), type: "NOTEBOOK", modifiedAt: Date.now() };
    const files = Array.from({ length: 3_000 }, (_, index) => {
      const remoteName = `src/pipelines/area_${index % 40}/step_${index}`;
      return [`${remoteName}.py`, { remoteName, content }] as const;
    });
    const text = JSON.stringify({ files: files.map(([name]) => ({ local_path: name, is_notebook: true })) });
    const deployment = { text, modifiedAt: Date.now() };
    expect(formatKeptFiles({ ...kept, deployment, files: new Map(files) }).length).toBeLessThan(600_000);
  });

  it.each([
    ["of another version", changed({ version: 2 })],
    ["without the upload", changed({ upload: {} })],
    ["with a sync root that is not above the bundle", changed({ syncRoot: "../other" })],
    ["with a file without a name in the workspace", changed({ files: { a: [] } })],
    ["with an incomplete file", changed({ files: { a: ["a", "hash"] } })],
    ["with two files in one place", changed({ files: { "a.py": ["a"], "a.sql": ["a"] } })],
    ["that is not JSON", "no"],
  ])("%s is not read", (_, text) => {
    expect(parseKeptFiles(text)).toBeUndefined();
  });
});
