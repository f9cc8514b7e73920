import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alice, bob, startTestWorkspace, type TestWorkspace, tenantId, workspaceId } from "./setup.ts";

const host = "adb-1234567890123456.7.azuredatabricks.net";
const me = "/api/2.0/preview/scim/v2/Me";
let lab: TestWorkspace;

beforeAll(async () => {
  lab = await startTestWorkspace(host);
});

afterAll(async () => {
  await lab?.close();
});

async function createJob(name: string, owner: string): Promise<number> {
  const body = { name, tasks: [{ task_key: "main", notebook_task: { notebook_path: "/Workspace/nowhere" } }] };
  const { json } = await lab.call({ method: "POST", path: "/api/2.2/jobs/create", token: lab.token(owner), body });
  return json["job_id"] as number;
}

describe("what anybody may read", () => {
  it("anyone can read where the workspace is and how to get a token", async () => {
    expect((await lab.call({ path: "/.well-known/databricks-config" })).json).toEqual({
      oidc_endpoint: `https://${host}/oidc`,
      workspace_id: workspaceId,
      cloud: "Azure",
    });
    const server = await lab.call({ path: "/oidc/.well-known/oauth-authorization-server" });
    expect(server.json).toMatchObject({ token_endpoint: `https://${host}/oidc/v1/token` });
  });

  it("anyone who wants to sign in is sent to the workspace's tenant in Entra", async () => {
    const { status, headers } = await lab.call({ path: "/aad/auth" });
    expect(status).toBe(302);
    expect(headers.location).toContain(`https://login.microsoftonline.com/${tenantId}/oauth2/authorize`);
  });

  it("nothing else can be read without a token", async () => {
    const { status, json } = await lab.call({ path: me });
    expect(status).toBe(401);
    expect(json).toMatchObject({
      error_code: 401,
      message: expect.stringMatching(/^Credential was not sent or was of an unsupported type for this API\./),
    });
  });
});

describe("a token", () => {
  it.each([
    ["malformed", 401, "Credential was not sent"],
    ["signature", 403, "Invalid access token."],
    ["expired", 403, "Invalid access token."],
    ["audience", 400, "Expected aud claim to be: 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"],
  ] as const)("a token with a wrong %s is refused", async (refused, status, message) => {
    const answer = await lab.call({ path: me, token: lab.token({ refused }) });
    expect(answer.status).toBe(status);
    expect(answer.json["message"]).toContain(message);
  });

  it("a token in another scheme is refused", async () => {
    const answer = await lab.call({ path: me, authorization: "Basic dXNlcjpwYXNzd29yZA==" });
    expect(answer.status).toBe(401);
  });

  it("a token of a service principal is refused until it is a member", async () => {
    const carol = "99999999-0000-4111-8222-333333333333";
    const refused = await lab.call({ path: me, token: lab.token(carol) });
    expect(refused.status).toBe(403);
    expect(refused.json).toEqual({ error_code: "403", message: `Unauthorized access to Org: ${workspaceId}` });
    expect(lab.workspace.requests.at(-1)).toMatchObject({ status: 403, subject: carol });
    lab.workspace.addMember(carol);
    expect((await lab.call({ path: me, token: lab.token(carol) })).status).toBe(200);
    lab.workspace.removeMember(carol);
    expect((await lab.call({ path: me, token: lab.token(carol) })).status).toBe(403);
  });
});

describe("a member", () => {
  it("a member has the name that it was given", async () => {
    const carol = "99999999-0000-4111-8222-444444444444";
    lab.workspace.addMember(carol, "sales-deployer");
    const { json } = await lab.call({ path: me, token: lab.token(carol) });
    expect(json).toMatchObject({ userName: carol, displayName: "sales-deployer" });
  });

  it("a member is found by its application id", async () => {
    const { json, headers } = await lab.call({ path: me, token: lab.token(alice) });
    expect(json).toMatchObject({ userName: alice, active: true });
    expect(headers["x-databricks-org-id"]).toBe(workspaceId);
    expect((await lab.call({ path: me, token: lab.token(bob) })).json["id"]).not.toBe(json["id"]);
  });

  it("a member has one home folder", async () => {
    const path = "/api/2.0/workspace/list?path=/Workspace/Users";
    await lab.call({ path: me, token: lab.token(bob) });
    const { json } = await lab.call({ path, token: lab.token(alice) });
    const homes = (json["objects"] as { path: string }[]).map((entry) => entry.path);
    expect(homes).toEqual(expect.arrayContaining([`/Workspace/Users/${alice}`, `/Workspace/Users/${bob}`]));
    expect(new Set(homes).size).toBe(homes.length);
    expect(homes.join()).not.toContain("aaaaaaaa");
  });

  it("a member sees the creator of another member's objects", async () => {
    const id = await createJob("made by bob", bob);
    const { json } = await lab.call({ path: `/api/2.2/jobs/get?job_id=${id}`, token: lab.token(alice) });
    expect(json).toMatchObject({ job_id: id, creator_user_name: bob, run_as_user_name: bob });
    expect(await lab.workspace.jobs()).toContainEqual(expect.objectContaining({ id: String(id), owner: bob }));
  });

  it("a member can list pipelines", async () => {
    const path = "/api/2.0/pipelines";
    const created = await lab.call({ method: "POST", path, token: lab.token(bob), body: { name: "p", catalog: "c" } });
    const { json } = await lab.call({ path, token: lab.token(alice) });
    const id = created.json["pipeline_id"];
    expect(json["statuses"]).toMatchObject([{ pipeline_id: id, name: "p", state: "IDLE", creator_user_name: bob }]);
    await lab.call({ method: "DELETE", path: `${path}/${id}`, token: lab.token(bob) });
    expect((await lab.call({ path, token: lab.token(alice) })).json["statuses"]).toEqual([]);
  });

  it("a member can use ids that JavaScript can hold", async () => {
    const job = await createJob("a job", alice);
    expect(job).toBeLessThan(Number.MAX_SAFE_INTEGER);
    const token = lab.token(alice);
    const path = "/api/2.2/jobs/run-now";
    const run = (await lab.call({ method: "POST", path, token, body: { job_id: job } })).json["run_id"];
    const { json } = await lab.call({ path: `/api/2.2/jobs/runs/get?run_id=${run}`, token });
    expect(json).toMatchObject({ job_id: job, run_id: run });
    expect(json["run_page_url"]).toBe(`https://${host}/?o=${workspaceId}#job/${job}/run/${run}`);
    const permissions = await lab.call({ path: `/api/2.0/permissions/jobs/${job}`, token });
    expect(permissions.json["object_id"]).toBe(`/jobs/${job}`);
  });

  it("the tasks of a run have states of their own, and an answer has at most 100 of them", async () => {
    const token = lab.token(alice);
    const tasks = Array.from({ length: 101 }, (_, index) => ({
      task_key: `t${index}`,
      pipeline_task: { pipeline_id: "p" },
    }));
    const post = (name: string, body: object) =>
      lab.call({ method: "POST", path: `/api/2.2/jobs/${name}`, token, body });
    const { json: job } = await post("create", { name: "wide", tasks });
    const states = { t0: { from: 0, until: 0, result: "FAILED" as const }, t1: { from: 60_000, until: 60_001 } };
    const { release } = lab.workspace.runs({ hold: true, tasks: states });
    const { json: run } = await post("run-now", job);
    const path = `/api/2.2/jobs/runs/get?run_id=${run["run_id"]}`;
    const { json: first } = await lab.call({ path, token });
    expect(first).toMatchObject({ state: { life_cycle_state: "RUNNING" }, next_page_token: "100" });
    const shown = first["tasks"] as object[];
    expect(shown).toHaveLength(100);
    expect(shown.slice(0, 3)).toMatchObject([
      { task_key: "t0", state: { life_cycle_state: "TERMINATED", result_state: "FAILED" } },
      { task_key: "t1", state: { life_cycle_state: "PENDING" }, status: { state: "PENDING" } },
      { task_key: "t2", state: { life_cycle_state: "RUNNING" } },
    ]);
    const { json: second } = await lab.call({ path: `${path}&page_token=100`, token });
    expect(second).toMatchObject({ tasks: [{ task_key: "t100" }] });
    expect(second).not.toHaveProperty("next_page_token");
    release();
    lab.workspace.runs({});
  });

  it("a run that does not exist cannot be canceled", async () => {
    const path = "/api/2.2/jobs/runs/cancel";
    const { status } = await lab.call({ method: "POST", path, token: lab.token(alice), body: { run_id: 5 } });
    expect(status).toBe(400);
  });

  it("files are stored byte by byte, whatever their content", async () => {
    const token = lab.token(alice);
    const file = `/Workspace/Users/${alice}/odd.json`;
    const content = {
      id: 8_123_456_789_012_345_678n.toString(),
      text: "900800700600 aaaaaaaa-bbbb-4ccc-dddd-eeeeeeeeeeee 400000000000001",
    };
    const path = `/api/2.0/workspace-files/import-file/${encodeURIComponent(file.slice(1))}?overwrite=true`;
    await lab.call({ method: "POST", path, token, body: content });
    expect(await lab.workspace.readFile(file)).toBe(JSON.stringify(content));
    expect(await lab.workspace.files()).toContain(`FILE ${file}`);
  });
});

describe("a token exchange", () => {
  it("a token exchange finds no federation policy unless the workspace has one", async () => {
    const answer = await lab.call({ method: "POST", path: "/oidc/v1/token" });
    expect(answer).toMatchObject({ status: 400, json: { error: "invalid_request" } });
  });

  it("a token exchange is answered by the policy, and its tokens are not recorded", async () => {
    const forms: URLSearchParams[] = [];
    const other = await startTestWorkspace("localhost", async (form) => {
      forms.push(form);
      return { status: 200, body: { access_token: "databricks-token", token_type: "Bearer", expires_in: 3600 } };
    });
    try {
      const body = new URLSearchParams({ subject_token: "an-id-token" }).toString();
      const answer = await other.call({ method: "POST", path: "/oidc/v1/token", text: body });
      expect(answer.json).toMatchObject({ access_token: "databricks-token" });
      expect(forms[0]?.get("subject_token")).toBe("an-id-token");
      expect(JSON.stringify(other.workspace.requests)).not.toContain("an-id-token");
    } finally {
      await other.close();
    }
  });
});

describe("a fault", () => {
  it("a fault replaces the reply of the given number of requests", async () => {
    const token = lab.token(alice);
    const headers = { "retry-after": "7" };
    const fault = lab.workspace.fault({ method: "GET", path: me }, { status: 429, headers }, 2);
    const answers = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      answers.push(await lab.call({ path: me, token }));
    }
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(answers[0]?.headers["retry-after"]).toBe("7");
    expect(answers[0]?.json).toMatchObject({ error_code: "REQUEST_LIMIT_EXCEEDED" });
    expect(fault.hits).toBe(2);
  });

  it("a fault may be a page, and comes before the check of the token", async () => {
    lab.workspace.fault({ path: me }, { status: 403, html: "<html>private link</html>" });
    const answer = await lab.call({ path: me });
    expect(answer).toMatchObject({ status: 403, text: "<html>private link</html>" });
    expect(answer.headers["content-type"]).toContain("text/html");
  });

  it("a fault may end the connection", async () => {
    lab.workspace.fault({ path: /scim/ }, { reset: true });
    await expect(lab.call({ path: me, token: lab.token(alice) })).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(lab.workspace.requests.at(-1)).toMatchObject({ path: me, status: 0 });
  });

  it("a fault may delay the usual reply", async () => {
    lab.workspace.fault({ path: me }, { delayMs: 300 });
    const started = Date.now();
    expect((await lab.call({ path: me, token: lab.token(alice) })).status).toBe(200);
    expect(Date.now() - started).toBeGreaterThanOrEqual(290);
  });

  it("a fault may hold a request until it is released", async () => {
    const held = lab.workspace.fault({ path: me }, { hold: true });
    const answer = lab.call({ path: me, token: lab.token(alice) });
    await expect.poll(() => held.hits).toBe(1);
    expect(lab.workspace.requests.at(-1)).toMatchObject({ path: me, status: 0 });
    held.release();
    expect((await answer).status).toBe(200);
    expect(lab.workspace.requests.at(-1)).toMatchObject({ path: me, status: 200 });
  });

  it("a fault matches an encoded path by its decoded form", async () => {
    const name = `/api/2.0/workspace-files/import-file/Workspace%2FUsers%2F${alice}%2Fdeploy.lock?overwrite=false`;
    const fault = lab.workspace.fault({ method: "POST", path: /Users\/.*\/deploy\.lock/ }, { status: 409 });
    expect((await lab.call({ method: "POST", path: name, token: lab.token(alice), body: {} })).status).toBe(409);
    expect(fault.hits).toBe(1);
  });
});

describe("closing", () => {
  it("closing the workspace lets go of held requests and ends the server's process", async () => {
    const other = await startTestWorkspace();
    other.workspace.fault({ path: me }, { hold: true });
    const answer = other.call({ path: me, token: other.token(alice) }).catch((error: Error) => error);
    await expect.poll(() => other.workspace.requests.length).toBe(1);
    await other.close();
    expect(await answer).toBeInstanceOf(Error);
    expect(() => process.kill(other.workspace.pid, 0)).toThrow("ESRCH");
  });
});
