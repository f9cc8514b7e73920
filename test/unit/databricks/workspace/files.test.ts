import { describe, expect, it } from "vitest";
import { missingPaths } from "../../../../tasks/common/databricks/workspace/files.ts";
import { jsonAnswer, workspaceWith } from "../../fake-services.ts";

/** A workspace that lists these paths by folder; another status than 200 is that of every answer. */
function workspaceListing(folders: Readonly<Record<string, readonly string[]>>, status = 200) {
  const asked: string[] = [];
  const connection = workspaceWith(async ({ url }) => {
    const folder = new URL(url).searchParams.get("path") ?? "";
    asked.push(folder);
    const objects = folders[folder]?.map((path) => ({ path }));
    const answer = objects ? { objects } : { error_code: "X", message: "no" };
    return jsonAnswer(url, answer, status === 200 && objects === undefined ? 404 : status);
  });
  return { connection, asked };
}

describe("Paths that a workspace does not have", () => {
  it("are found with one request for each folder, whether it exists or not", async () => {
    const { connection, asked } = workspaceListing({ "/Workspace/a": ["/a/one", "/Workspace/a/two"] });
    const paths = ["/Workspace/a/one", "/Workspace/a/two", "/Workspace/a/three", "/Workspace/b/one"];
    expect(await missingPaths(connection, paths)).toEqual(["/Workspace/a/three", "/Workspace/b/one"]);
    expect(asked.toSorted()).toEqual(["/Workspace/a", "/Workspace/b"]);
  });

  it("do not include a notebook that the workspace lists with its extension", async () => {
    const { connection } = workspaceListing({ "/a": ["/a/one.ipynb", "/a/two.txt"] });
    expect(await missingPaths(connection, ["/a/one", "/a/two"])).toEqual(["/a/two"]);
  });

  it("are looked for only in folders of which something is not known to exist", async () => {
    const { connection, asked } = workspaceListing({ "/a": [], "/b": ["/b/two"] });
    const paths = ["/Workspace/a/one", "/b/two", "/b/three"];
    expect(await missingPaths(connection, paths, ["/a/one.py", "/b/two"])).toEqual(["/b/three"]);
    expect(asked).toEqual(["/b"]);
  });

  it.each([403, 400])("are unknown if the workspace answers %d", async (status) => {
    const { connection } = workspaceListing({}, status);
    await expect(missingPaths(connection, ["/a/one"])).rejects.toMatchObject({ status });
  });
});
