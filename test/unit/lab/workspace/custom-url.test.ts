import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alice, startTestWorkspace, type TestWorkspace, workspaceId } from "./setup.ts";

const host = "acme.databricks.com";
const me = "/api/2.0/preview/scim/v2/Me";

describe("The custom URL of an account", () => {
  let lab: TestWorkspace;

  beforeAll(async () => {
    lab = await startTestWorkspace("localhost", undefined, [{ host, accountId: "the-account" }]);
  });
  afterAll(() => lab.close());

  it("describes itself as the host of several workspaces", async () => {
    const { json } = await lab.call({ host, path: "/.well-known/databricks-config" });
    expect(json).toMatchObject({ host_type: "UNIFIED_HOST", account_id: "the-account" });
    expect(json).not.toHaveProperty("workspace_id");
  });

  it("redirects a request that names no workspace to a sign-in page", async () => {
    const { status, headers } = await lab.call({ host, path: me, token: lab.token(alice) });
    expect(status).toBe(303);
    expect(headers.location).toMatch(/^https:\/\/acme\.databricks\.com\/login\.html/);
    const page = await lab.call({ host, path: "/login.html?next_url=x" });
    expect(page).toMatchObject({ status: 200, headers: { "content-type": expect.stringContaining("text/html") } });
  });

  it.each(["X-Databricks-Workspace-Id", "X-Databricks-Org-Id"])("serves the workspace that %s names", async (name) => {
    const call = (id: string) => lab.call({ host, path: me, token: lab.token(alice), headers: { [name]: id } });
    expect(await call(workspaceId)).toMatchObject({ status: 200, json: { userName: alice } });
    expect(await call("5")).toMatchObject({ status: 403, json: { message: "Unauthorized access to Org: 5" } });
    expect(lab.workspace.requests.at(-1)).toMatchObject({ host, workspaceId: "5", status: 403 });
  });

  it("leaves the workspace's own name as it was", async () => {
    expect(await lab.call({ path: me, token: lab.token(alice) })).toMatchObject({ status: 200 });
  });
});
