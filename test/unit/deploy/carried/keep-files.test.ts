import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatSyncSnapshot, snapshotFile } from "../../../../tasks/common/databricks/cli/sync-snapshot.ts";
import { keepFiles } from "../../../../tasks/DatabricksBundleDeploy/carried/keep-files.ts";
import type { Step } from "../../../../tasks/DatabricksBundleDeploy/session/step.ts";
import { fileAnswer, workspaceWith } from "../../fake-services.ts";

const place = { target: "dev", rootPath: "/b", statePath: "/b/state", filePath: "/b/files", locks: true };

/** deployment.json, as the CLI has written it for an upload of a.txt. */
function deployment(sequence: number): string {
  const files = [{ local_path: "a.txt" }];
  return JSON.stringify({ version: 1, id: "d1", seq: sequence, timestamp: `2026-01-0${sequence}`, files });
}

describe("A file of 1970 that the CLI has passed over", () => {
  let folder = "";
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "keep-files-"));
    fs.writeFileSync(path.join(folder, "a.txt"), "2\n");
    fs.utimesSync(path.join(folder, "a.txt"), 0, 0);
    const state = path.join(folder, ".databricks/bundle/dev");
    const snapshot = {
      host: "https://h",
      remotePath: place.filePath,
      files: new Map([["a.txt", { remoteName: "a.txt", modifiedAt: 0n }]]),
    };
    fs.mkdirSync(path.dirname(snapshotFile(state, snapshot)), { recursive: true });
    fs.writeFileSync(snapshotFile(state, snapshot), formatSyncSnapshot(snapshot));
    fs.writeFileSync(path.join(state, "deployment.json"), deployment(2));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** What a step finds after the second upload, in a workspace with the upload of this number. */
  function keep(sequence: number): Promise<string | undefined> {
    const workspace = workspaceWith(async ({ url }) => fileAnswer(url, deployment(sequence)));
    const step = {
      workspace: () => workspace,
      cli: { folder, environment: {} },
      cancel: new AbortController().signal,
    } as unknown as Step;
    return keepFiles(step, place, undefined, 0n, () => undefined);
  }

  it("is uploaded by a second deploy", async () => {
    expect(await keep(2)).toBe("the CLI does not upload files that are dated 1970, such as a.txt");
    expect(fs.statSync(path.join(folder, "a.txt")).mtimeMs).toBeGreaterThan(0);
  });

  it("is left to the deploy that came after this one", async () => {
    expect(await keep(3)).toBeUndefined();
  });
});
