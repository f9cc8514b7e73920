import { expect, it } from "vitest";
import type { WorkspaceConnection } from "../../../../tasks/common/databricks/workspace/call.ts";
import { readLock, removeLock } from "../../../../tasks/common/databricks/workspace/lock.ts";
import { fileAnswer, missingAnswer, workspaceWith } from "../../fake-services.ts";

const statePath = "/Workspace/x/state";

/** A workspace that holds this lock, or none; and the paths that were deleted there. */
function workspaceHolding(lock: object | undefined): { workspace: WorkspaceConnection; deleted: string[] } {
  const deleted: string[] = [];
  const workspace = workspaceWith(async ({ method, url, body }) => {
    if (method === "POST") deleted.push((JSON.parse(body ?? "{}") as { path: string }).path);
    return lock ? fileAnswer(url, JSON.stringify(lock)) : missingAnswer(url);
  });
  return { workspace, deleted };
}

it("reads the lock as the CLI writes it", async () => {
  const { workspace } = workspaceHolding({
    ID: "b1",
    AcquisitionTime: "1970-01-01T01:00:01.000250+01:00",
    IsForced: true,
    User: "1f2e",
  });
  expect(await readLock(workspace, statePath)).toEqual({ id: "b1", user: "1f2e", acquiredAt: 1_000.25, forced: true });
});

it("reads a lock without an owner as one that belongs to nobody", async () => {
  const { workspace } = workspaceHolding({});
  expect(await readLock(workspace, statePath)).toEqual({ id: "", user: "", acquiredAt: 0, forced: false });
});

it("finds no lock where there is no file", async () => {
  expect(await readLock(workspaceHolding(undefined).workspace, statePath)).toBeUndefined();
});

it.each([
  ["the lock", { ID: "b1" }, true],
  ["another lock", { ID: "b2" }, false],
  ["a lock without an ID", {}, false],
  ["no lock", undefined, false],
])("removes only the lock with the given ID: %s", async (_, lock, removed) => {
  const { workspace, deleted } = workspaceHolding(lock);
  expect(await removeLock(workspace, statePath, "b1")).toBe(removed);
  expect(deleted).toEqual(removed ? [`${statePath}/deploy.lock`] : []);
});
