import { beforeEach, describe, expect, it } from "vitest";
import {
  type LockNote,
  lockNoteName,
  writeLockNote,
} from "../../../../tasks/common/databricks/workspace/lock-notes.ts";
import { type HolderSearch, releaseStaleLock } from "../../../../tasks/DatabricksBundleDeploy/lock/holder.ts";
import { httpWith, jsonAnswer, missingAnswer, workspaceWith } from "../../fake-services.ts";
import { keepPrinted } from "../../printed.ts";
import { deploymentLock, jobInfo, lockNote, lockText, pipelineJob } from "../../sample-values.ts";

const statePath = "/Workspace/x/state";
const lockFile = `${statePath}/deploy.lock`;
const minute = 60_000;
const acquiredAt = Date.UTC(2026, 10, 26, 10, 0);
const guid = (digit: number) => `${digit}0000000-0000-4000-8000-000000000000`;

let files: Map<string, string>;
const printed = keepPrinted();

beforeEach(() => {
  const lock = lockText({ ...deploymentLock, user: "1F2E", acquiredAt });
  files = new Map([[lockFile, Buffer.from(lock).toString("base64")]]);
});

const workspace = workspaceWith(async ({ url, body = "{}" }) => {
  const { pathname, searchParams } = new URL(url);
  const sent = JSON.parse(body) as { path?: string; content?: string };
  const path = searchParams.get("path") ?? sent.path ?? "";
  if (pathname.endsWith("/import")) files.set(path, sent.content ?? "");
  if (pathname.endsWith("/list")) return jsonAnswer(url, { objects: [...files.keys()].map((path) => ({ path })) });
  const isThere = files.has(path);
  const answer = { content: files.get(path) };
  if (pathname.endsWith("/delete")) files.delete(path);
  return isThere ? jsonAnswer(url, answer) : missingAnswer(url);
});

/** A step in a job of its own, and Azure DevOps with builds that are over at a time, or run ("running"). */
function stepWith(builds: Record<string, number | "running">): HolderSearch {
  const http = httpWith(async ({ url }) => {
    const [, id = "", timeline] = /builds\/(\d+)(\/timeline)?/.exec(url) ?? [];
    const end = builds[id];
    if (end === undefined) return jsonAnswer(url, { message: "No such build." }, 404);
    if (timeline) return jsonAnswer(url, { records: [{ id: guid(Number(id)), state: "inProgress" }] });
    if (end === "running") return jsonAnswer(url, { status: "inProgress" });
    return jsonAnswer(url, { status: "completed", finishTime: new Date(end).toISOString() });
  });
  return {
    task: { http },
    job: { ...jobInfo, jobId: guid(9) },
    cli: { environment: {} },
  } as unknown as HolderSearch;
}

/** Writes a note of the run with this number; it started a minute before the lock was taken. */
async function leaveNote(build: number, difference: Partial<LockNote> = {}): Promise<void> {
  const note: LockNote = {
    ...lockNote,
    name: lockNoteName(String(build)),
    job: { ...pipelineJob, buildId: String(build), jobId: guid(build) },
    user: "1f2e",
    startedAt: acquiredAt - minute,
    lockId: undefined,
    ...difference,
  };
  await writeLockNote(workspace, statePath, note);
}

const release = (builds: Record<string, number | "running">, ownNotes: string[] = []) =>
  releaseStaleLock(stepWith(builds), workspace, statePath, ownNotes);

describe("The lock of another deployment", () => {
  it.each([
    ["its ID is in the note", { lockId: "b1", startedAt: acquiredAt + minute }],
    ["user and times agree", {}],
  ])("is released when the job that took it is over: %s", async (_, difference) => {
    await leaveNote(1, difference);
    expect(await release({ 1: acquiredAt + minute })).toBeUndefined();
    expect([...files.keys()]).toEqual([]);
    expect(printed()).toMatch(
      /Released the deployment lock of 1F2E since 2026-11-26T10:00:00\.000Z .* The job Deploy of the pipeline run 1 \(nightly\) took it and is over: https:/,
    );
  });

  it("is released when it is of an earlier attempt of the same job", async () => {
    await leaveNote(9);
    expect(await release({ 9: "running" })).toBeUndefined();
    expect(files.has(lockFile)).toBe(false);
  });

  it("is released when several jobs can have taken it, and all are over", async () => {
    await leaveNote(1);
    await leaveNote(2);
    expect(await release({ 1: acquiredAt + minute, 2: acquiredAt + minute })).toBeUndefined();
    expect([...files.keys()]).toEqual([]);
  });

  it("stays while the job that took it runs", async () => {
    await leaveNote(1, { lockId: "b1" });
    await leaveNote(2);
    const held = await release({ 1: "running", 2: acquiredAt + minute });
    expect(held?.holder).toMatchObject({ note: { job: { buildId: "1" } }, end: { state: "active" } });
    expect(files.has(lockFile)).toBe(true);
  });

  it("stays while one of those jobs runs that can have taken it, and none is named", async () => {
    await leaveNote(1);
    await leaveNote(2);
    expect(await release({ 1: acquiredAt + minute, 2: "running" })).toMatchObject({ holder: undefined });
    expect(files.has(lockFile)).toBe(true);
  });

  it("stays if Azure DevOps does not know the run", async () => {
    await leaveNote(1);
    const reason = "Azure DevOps returned status 404: No such build.";
    expect((await release({}))?.holder?.end).toEqual({ state: "unknown", reason });
    expect(files.has(lockFile)).toBe(true);
  });

  it.each([
    ["no step has left a note", undefined],
    ["the note names another lock", { lockId: "b2" }],
    ["the note is of another user", { user: "abcd" }],
    ["the step started later", { startedAt: acquiredAt + 1 }],
    ["the job had ended before", { startedAt: acquiredAt - 60 * minute }],
  ])("stays, and its holder is unknown, if %s", async (why, difference) => {
    if (difference) await leaveNote(1, difference);
    const finishedAt = why.includes("had ended") ? acquiredAt - 10 * minute : acquiredAt + minute;
    expect(await release({ 1: finishedAt })).toMatchObject({ lock: { id: "b1" }, holder: undefined });
    expect(files.has(lockFile)).toBe(true);
  });

  it("is never taken for this step's own", async () => {
    await leaveNote(9);
    expect(await release({ 9: "running" }, [lockNoteName("9")])).toMatchObject({ holder: undefined });
  });

  it("needs no answer where there is no lock", async () => {
    files.clear();
    expect(await release({})).toBeUndefined();
  });
});
