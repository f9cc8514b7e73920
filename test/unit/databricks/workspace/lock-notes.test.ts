import { beforeEach, describe, expect, it } from "vitest";
import {
  deleteLockNote,
  type LockNote,
  lockNoteName,
  readLockNotes,
  writeLockNote,
} from "../../../../tasks/common/databricks/workspace/lock-notes.ts";
import { jsonAnswer, workspaceWith } from "../../fake-services.ts";
import { lockNote, pipelineJob } from "../../sample-values.ts";

const statePath = "/Workspace/x/state";
const note: LockNote = {
  ...lockNote,
  name: lockNoteName("1"),
  job: { ...pipelineJob, attempt: 2 },
  user: "1f2e",
  startedAt: 1_795_688_762_099,
  lockId: undefined,
};

let files: Map<string, string>;
let folders: Set<string>;

beforeEach(() => {
  files = new Map();
  folders = new Set([statePath]);
});

/** A workspace with these files and folders, in which a file needs its folder. */
const workspace = workspaceWith(async ({ url, body = "{}" }) => {
  const { pathname, searchParams } = new URL(url);
  const { path = "", content = "" } = JSON.parse(body) as { path?: string; content?: string };
  const [status, answer] = answerTo(pathname, searchParams.get("path") ?? path, content);
  return jsonAnswer(url, answer, status);
});

function answerTo(endpoint: string, path: string, content: string): [number, object] {
  const missing: [number, object] = [404, { error_code: "RESOURCE_DOES_NOT_EXIST" }];
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (endpoint.endsWith("/list")) return [200, { objects: [...files.keys()].map((path) => ({ path })) }];
  if (endpoint.endsWith("/export")) return files.has(path) ? [200, { content: files.get(path) }] : missing;
  if (endpoint.endsWith("/delete")) return files.delete(path) ? [200, {}] : missing;
  if (endpoint.endsWith("/import")) {
    if (!folders.has(folder)) return missing;
    files.set(path, content);
  }
  return [200, {}];
}

const put = (name: string, text: string) => files.set(`${statePath}/${name}`, Buffer.from(text).toString("base64"));

describe("Lock notes", () => {
  it("are read as they were written, before and after the lock is known", async () => {
    expect(await writeLockNote(workspace, statePath, note)).toBe(true);
    expect(await readLockNotes(workspace, statePath)).toEqual([note]);
    await writeLockNote(workspace, statePath, { ...note, lockId: "b1" });
    expect(await readLockNotes(workspace, statePath)).toEqual([{ ...note, lockId: "b1" }]);
  });

  it("do not create the folder of the state", async () => {
    folders.clear();
    expect(await writeLockNote(workspace, statePath, note)).toBe(false);
    expect(files.size).toBe(0);
  });

  it("can be removed twice", async () => {
    await writeLockNote(workspace, statePath, note);
    await deleteLockNote(workspace, statePath, note.name);
    await deleteLockNote(workspace, statePath, note.name);
    expect(files.size).toBe(0);
  });

  it.each([
    ["text that is not JSON", () => "{"],
    ["a version that is not known", (text: string) => text.replace('"version": 1', '"version": 2')],
    ["a server that is not Azure DevOps", (text: string) => text.replaceAll("dev.azure.com", "example.com")],
    ["a build that is not a number", (text: string) => text.replace('"4711"', '"../../x"')],
    ["a project that is not an ID", (text: string) => text.replace(note.job.projectId, "Analytics")],
    ["a start that is not a time", (text: string) => text.replace("2026-", "")],
  ])("are not read with %s", async (_, change) => {
    await writeLockNote(workspace, statePath, note);
    const text = Buffer.from(files.get(`${statePath}/${note.name}`) ?? "", "base64").toString("utf8");
    expect(change(text)).not.toBe(text);
    put(note.name, change(text));
    expect(await readLockNotes(workspace, statePath)).toEqual([]);
  });

  it("are shortened to one line where they come from somebody else", async () => {
    await writeLockNote(workspace, statePath, { ...note, job: { ...note.job, job: `a\n${"b".repeat(500)}` } });
    const [read] = await readLockNotes(workspace, statePath);
    expect(read?.job.job).toBe(`a ${"b".repeat(98)}`);
  });

  it("are told from other files by their names", async () => {
    put("deploy.lock", "{}");
    put("azure-pipelines.run-1.json.bak", "{}");
    expect(await readLockNotes(workspace, statePath)).toEqual([]);
  });
});
