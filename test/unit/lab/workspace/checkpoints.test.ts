import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alice, bob, startTestWorkspace, type TestWorkspace } from "./setup.ts";

let lab: TestWorkspace;

beforeAll(async () => {
  lab = await startTestWorkspace();
});

afterAll(async () => {
  await lab?.close();
});

const makeFolder = (of: string, name: string) => {
  const body = { path: `/Workspace/Users/${of}/${name}` };
  return lab.call({ method: "POST", path: "/api/2.0/workspace/mkdirs", token: lab.token(of), body });
};

async function folders(of: string): Promise<string[]> {
  const path = `/api/2.0/workspace/list?path=/Workspace/Users/${of}`;
  const { json } = await lab.call({ path, token: lab.token(bob) });
  return (json["objects"] as { path: string }[]).map((object) => object.path.split("/").at(-1) ?? "");
}

describe("checkpoints", () => {
  it("a checkpoint before a request keeps it from the workspace, and may drop it", async () => {
    const checkpoint = lab.workspace.checkpoint({ of: alice, n: 2, moment: "before" });
    await makeFolder(alice, "dropped-1");
    await makeFolder(bob, "not-counted");
    const held = makeFolder(alice, "dropped-2");
    expect(await checkpoint.reached).toMatchObject({ method: "POST", subject: alice, status: 0 });
    expect(await folders(alice)).toEqual(["dropped-1"]);
    checkpoint.end(() => "drop");
    await expect(held).rejects.toThrow();
    await expect(makeFolder(alice, "dropped-3")).rejects.toThrow();
    expect(await folders(alice)).toEqual(["dropped-1"]);
    checkpoint.remove();
    expect((await makeFolder(alice, "after-the-checkpoint")).status).toBe(200);
  });

  it("a checkpoint before a request may let it go on", async () => {
    const checkpoint = lab.workspace.checkpoint({ of: alice, n: 1, moment: "before" });
    const held = makeFolder(alice, "forwarded");
    await checkpoint.reached;
    checkpoint.end(() => "forward");
    expect((await held).status).toBe(200);
    expect(await folders(alice)).toContain("forwarded");
    checkpoint.remove();
  });

  it("a checkpoint after a request is reached when its answer has been sent", async () => {
    const checkpoint = lab.workspace.checkpoint({ of: alice, n: 1, moment: "after" });
    const answered = makeFolder(alice, "after");
    expect(await checkpoint.reached).toMatchObject({ status: 200 });
    expect(await folders(alice)).toContain("after");
    expect((await answered).status).toBe(200);
    expect(checkpoint.count).toBe(1);
    checkpoint.remove();
  });

  it("a checkpoint after a request may hold later ones", async () => {
    const holdsLater = ({ path }: { path: string }) => path.endsWith("mkdirs");
    const checkpoint = lab.workspace.checkpoint({ of: alice, n: 1, moment: "after", holdsLater });
    await makeFolder(alice, "first");
    const held = makeFolder(alice, "later");
    expect((await lab.call({ path: "/api/2.0/preview/scim/v2/Me", token: lab.token(alice) })).status).toBe(200);
    expect(await folders(alice)).not.toContain("later");
    checkpoint.end(() => "drop");
    await expect(held).rejects.toThrow();
    checkpoint.remove();
  });

  it("requests without a valid token are not counted", async () => {
    const checkpoint = lab.workspace.checkpoint({ of: alice, n: 1, moment: "before" });
    await lab.call({ path: "/.well-known/databricks-config" });
    await lab.call({ path: "/api/2.0/preview/scim/v2/Me", token: lab.token({ refused: "expired" }) });
    expect(checkpoint.count).toBe(0);
    checkpoint.remove();
  });
});
