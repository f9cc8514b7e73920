import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bringBackFiles, forgetFiles } from "../../../../tasks/DatabricksBundleDeploy/carried/bring-back-files.ts";
import { formatKeptFiles } from "../../../../tasks/DatabricksBundleDeploy/carried/kept-files.ts";
import { listStateFiles } from "../../../../tasks/DatabricksBundleDeploy/carried/state-files.ts";
import type { Step } from "../../../../tasks/DatabricksBundleDeploy/session/step.ts";
import { fileAnswer, jsonAnswer, missingAnswer, workspaceWith } from "../../fake-services.ts";

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

describe("What the last deploy has uploaded", () => {
  const place = { target: "dev", rootPath: "/b", statePath: "/b/state", filePath: "/b/files", locks: true };
  const upload = { id: "d1", sequence: 2, timestamp: "2026-01-02" };
  const deployment = JSON.stringify({ version: 1, ...upload, seq: 2, files: [{ local_path: "a.txt" }] });
  const withoutFiles = JSON.stringify({ version: 1, ...upload, seq: 2, files: [] });
  const [host, syncRoot] = ["https://adb-1.7.azuredatabricks.net", ""];
  const kept = { address: host, host, filePath: place.filePath, upload, syncRoot, files: new Map() };

  const keptText = formatKeptFiles({ ...kept, deployment: { text: deployment, modifiedAt: 5 } });
  const own = { "azure-pipelines.files.json": { text: keptText, modifiedAt: 6 } };

  /** Brings it back from a workspace with these files beside the state; gives the names of what was asked for. */
  async function bringBack(files: Readonly<Record<string, { readonly text: string; readonly modifiedAt: number }>>) {
    const asked: string[] = [];
    const workspace = workspaceWith(async ({ url }) => {
      const wanted = new URL(url).searchParams.get("path") ?? "";
      asked.push(path.posix.basename(wanted));
      const file = files[path.posix.basename(wanted)];
      if (wanted !== place.statePath) return file ? fileAnswer(url, file.text) : missingAnswer(url);
      const objects = Object.entries(files).map(([name, { modifiedAt }]) => {
        return { path: `${wanted}/${name}`, object_type: "FILE", modified_at: modifiedAt };
      });
      return jsonAnswer(url, { objects });
    });
    const step = {
      workspace: () => workspace,
      inputs: { incremental: true },
      cli: { folder, environment: {} },
      cancel: new AbortController().signal,
    } as unknown as Step;
    return { found: await bringBackFiles(step, place, listStateFiles(step, place)), asked: asked.sort() };
  }
  const localText = () => fs.readFileSync(path.join(folder, ".databricks/bundle/dev/deployment.json"), "utf8");

  it("is known with two requests, as long as the workspace lists the same deployment.json", async () => {
    const { found, asked } = await bringBack({ ...own, "deployment.json": { text: "changed", modifiedAt: 5 } });
    expect(asked).toEqual(["azure-pipelines.files.json", "state"]);
    expect(found?.kept.upload).toEqual(upload);
    expect(localText()).toBe(deployment);
  });

  it("is also known if the same deployment.json was written again", async () => {
    const { found, asked } = await bringBack({ ...own, "deployment.json": { text: deployment, modifiedAt: 7 } });
    expect(asked).toEqual(["azure-pipelines.files.json", "deployment.json", "state"]);
    expect(found?.kept.upload).toEqual(upload);
    expect(localText()).toBe(deployment);
  });

  it.each([
    ["another deployment.json", { "deployment.json": { text: deployment.replace("d1", "d2"), modifiedAt: 7 } }],
    ["a deployment.json without copies of files", { "deployment.json": { text: withoutFiles, modifiedAt: 7 } }],
    ["no deployment.json", {}],
  ])("is not used beside %s", async (_, files) => {
    expect((await bringBack({ ...own, ...files })).found).toBeUndefined();
    expect(localText).toThrow("ENOENT");
  });
});
