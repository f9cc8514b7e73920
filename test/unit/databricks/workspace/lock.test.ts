import { expect, it } from "vitest";
import type { WorkspaceConnection } from "../../../../tasks/common/databricks/workspace/call.ts";
import { releaseOwnLock } from "../../../../tasks/common/databricks/workspace/lock.ts";

const own = {
  user: "1f2e",
  since: new Date("2026-11-23T10:00:00Z"),
  until: new Date("2026-11-23T10:00:05Z"),
  forced: false,
};

/** A workspace that holds this lock, or none; and the paths that were deleted there. */
function workspaceWith(lock: object | undefined): { workspace: WorkspaceConnection; deleted: string[] } {
  const deleted: string[] = [];
  const content = Buffer.from(JSON.stringify(lock ?? {})).toString("base64");
  const workspace: WorkspaceConnection = {
    host: "https://adb-1.7.azuredatabricks.net",
    workspaceId: undefined,
    token: async () => ({ value: "t" }),
    http: {
      stream: () => Promise.reject(new Error("not used")),
      async send({ method, url, body }) {
        if (method === "POST") deleted.push((JSON.parse(body ?? "{}") as { path: string }).path);
        const [status, text] = lock
          ? [200, JSON.stringify({ content })]
          : [404, '{"error_code":"RESOURCE_DOES_NOT_EXIST"}'];
        return { status, headers: {}, url, text };
      },
    },
  };
  return { workspace, deleted };
}

it.each([
  ["ours", { User: "1F2E", AcquisitionTime: "2026-11-23T10:00:01.5Z" }, true],
  ["ours, while the clock was set", { User: "1f2e", AcquisitionTime: "2026-11-23T10:00:05.9Z" }, true],
  ["ours from an earlier deployment", { User: "1f2e", AcquisitionTime: "2026-11-23T09:59:58Z" }, false],
  ["another job's, with the same service principal", { User: "1f2e", AcquisitionTime: "2026-11-23T10:00:07Z" }, false],
  ["taken by force by another job", { User: "1f2e", AcquisitionTime: "2026-11-23T10:00:04Z", IsForced: true }, false],
  ["another user's", { User: "abcd", AcquisitionTime: "2026-11-23T10:00:01Z" }, false],
  ["without an owner", {}, false],
  ["gone", undefined, false],
])("releases a lock only if this step took it: %s", async (_, lock, released) => {
  const { workspace, deleted } = workspaceWith(lock);
  expect(await releaseOwnLock(workspace, "/Workspace/x/state", own)).toBe(released);
  expect(deleted).toEqual(released ? ["/Workspace/x/state/deploy.lock"] : []);
});

it.each([true, false])("releases a lock taken by force (%o) only when this step asked for force", async (IsForced) => {
  const { workspace } = workspaceWith({ User: "1f2e", AcquisitionTime: "2026-11-23T10:00:01Z", IsForced });
  expect(await releaseOwnLock(workspace, "/Workspace/x/state", { ...own, forced: true })).toBe(IsForced);
});
