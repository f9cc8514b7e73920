import { expect, it } from "vitest";
import { releaseOwnLock } from "../../../tasks/common/databricks/deploy-lock.ts";
import type { WorkspaceConnection } from "../../../tasks/common/databricks/workspace-client.ts";

const since = new Date("2026-11-23T10:00:00Z");

/** A workspace that holds this lock, or none; and the paths that were deleted there. */
function workspaceWith(lock: object | undefined): { workspace: WorkspaceConnection; deleted: string[] } {
  const deleted: string[] = [];
  const content = Buffer.from(JSON.stringify(lock ?? {})).toString("base64");
  const workspace: WorkspaceConnection = {
    host: "https://adb-1.7.azuredatabricks.net",
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
  ["ours from an earlier deployment", { User: "1f2e", AcquisitionTime: "2026-11-23T09:59:59Z" }, false],
  ["somebody else's", { User: "abcd", AcquisitionTime: "2026-11-23T10:00:01Z" }, false],
  ["of nobody", {}, false],
  ["gone", undefined, false],
])("a lock that is %s", async (_, lock, released) => {
  const { workspace, deleted } = workspaceWith(lock);
  expect(await releaseOwnLock(workspace, "/Workspace/x/state", { user: "1f2e", since })).toBe(released);
  expect(deleted).toEqual(released ? ["/Workspace/x/state/deploy.lock"] : []);
});
