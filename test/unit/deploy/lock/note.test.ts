import { afterAll, beforeAll, expect, it } from "vitest";
import type { WorkspaceConnection } from "../../../../tasks/common/databricks/workspace/call.ts";
import { Canceled } from "../../../../tasks/common/pipeline/errors.ts";
import { keepLockNote } from "../../../../tasks/DatabricksBundleDeploy/lock/note.ts";
import { httpWith } from "../../fake-services.ts";
import { alice, startTestWorkspace, type TestWorkspace } from "../../lab/workspace/setup.ts";
import { pipelineJob } from "../../sample-values.ts";

let lab: TestWorkspace;
let workspace: WorkspaceConnection;

beforeAll(async () => {
  lab = await startTestWorkspace();
  workspace = {
    host: lab.workspace.url,
    workspaceId: undefined,
    token: async () => ({ value: lab.token(alice), expiresAt: Date.now() + 3_600_000 }),
    http: httpWith(async ({ method, url, headers, body }) => {
      const { pathname, search } = new URL(url);
      const message = { ...(headers && { headers }), ...(body !== undefined && { text: body }) };
      const answer = await lab.call({ method, path: pathname + search, ...message });
      return { status: answer.status, headers: answer.headers, text: answer.text, url };
    }),
  };
});

afterAll(() => lab.close());

type Step = Parameters<typeof keepLockNote>[0];
type Facts = ReturnType<Parameters<typeof keepLockNote>[3]>;

const home = `/Workspace/Users/${alice}`;

/** Whether a folder below the home exists. */
async function isThere(folder: string): Promise<boolean> {
  const path = `/api/2.0/workspace/get-status?path=${encodeURIComponent(`${home}${folder}`)}`;
  return (await lab.call({ path, token: lab.token(alice) })).status === 200;
}

async function keepAndEnd(
  statePath: string,
  progress: Facts["progress"],
  connect: () => WorkspaceConnection | undefined = () => workspace,
): Promise<void> {
  const step = { identity: alice, pipelineJob, workspace: () => workspace } as unknown as Step;
  const note = keepLockNote(step, "deploy", statePath, () => ({ progress, lock: undefined }) as Facts);
  await note.end(connect);
}

it("removes the folders that it has created for its note, and none that was there before", async () => {
  await keepAndEnd(`${home}/.bundle/sales/prod/state`, "preparing");
  expect([await isThere("/.bundle"), await isThere("")]).toEqual([false, true]);
  await keepAndEnd(`${home}/.bundle/sales/dev/state`, "locked");
  expect(await isThere("/.bundle/sales/dev/state")).toBe(true);
  await keepAndEnd(`${home}/.bundle/sales/prod/state`, "preparing");
  expect([await isThere("/.bundle/sales/prod"), await isThere("/.bundle/sales")]).toEqual([false, true]);
});

it("removes its note with a new connection if the step is canceled meanwhile", async () => {
  const canceled = { ...workspace, http: httpWith(async () => Promise.reject(new Canceled())) };
  const connections = [canceled, workspace];
  await keepAndEnd(`${home}/.bundle/orders/prod/state`, "preparing", () => connections.shift());
  expect(connections).toEqual([]);
  expect(await isThere("/.bundle/orders")).toBe(false);
});
