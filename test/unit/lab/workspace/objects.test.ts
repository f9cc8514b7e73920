import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alice, bob, startTestWorkspace, type TestWorkspace } from "./setup.ts";

const home = `/Workspace/Users/${alice}`;
const api = "/api/2.0/workspace";
let lab: TestWorkspace;

beforeAll(async () => {
  lab = await startTestWorkspace();
});

afterAll(async () => {
  await lab?.close();
});

const post = (endpoint: string, body: object) =>
  lab.call({ method: "POST", path: `${api}/${endpoint}`, token: lab.token(alice), body });
const get = (endpoint: string, path: string) =>
  lab.call({ path: `${api}/${endpoint}?path=${encodeURIComponent(path)}`, token: lab.token(bob) });
const status = async (path: string) => (await get("get-status", path)).json;
const list = async (path: string) => (await get("list", path)).json["objects"];

/** Writes a file as the CLI does. */
function upload(path: string, text: string) {
  const file = encodeURIComponent(path.slice(1));
  const url = `/api/2.0/workspace-files/import-file/${file}?overwrite=true`;
  return lab.call({ method: "POST", path: url, token: lab.token(alice), text });
}

describe("objects of the workspace", () => {
  it("a file has an id, its times and its size", async () => {
    const before = Date.now();
    await upload(`${home}/notes.txt`, "größe");
    const shown = await status(`${home}/notes.txt`);
    expect(shown).toEqual({
      object_type: "FILE",
      path: `${home}/notes.txt`,
      object_id: expect.any(Number),
      resource_id: String(shown["object_id"]),
      created_at: expect.any(Number),
      modified_at: shown["created_at"],
      size: 7,
    });
    expect(shown["created_at"]).toBeGreaterThanOrEqual(before);
    expect(shown["object_id"]).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  it("a file that is overwritten with the same content keeps its id and gets a new time", async () => {
    await upload(`${home}/same.txt`, "same");
    const first = await status(`${home}/same.txt`);
    await upload(`${home}/same.txt`, "same");
    const second = await status(`${home}/same.txt`);
    expect(second).toEqual({ ...first, modified_at: expect.any(Number) });
    expect(second["modified_at"]).toBeGreaterThan(first["modified_at"] as number);
  });

  it("a file that is deleted and written again is another object", async () => {
    await upload(`${home}/again.txt`, "1");
    const first = await status(`${home}/again.txt`);
    await post("delete", { path: `${home}/again.txt` });
    await upload(`${home}/again.txt`, "1");
    expect((await status(`${home}/again.txt`))["object_id"]).not.toBe(first["object_id"]);
  });

  it.each([
    ["clean.py", "# Databricks notebook source\nprint(1)\n", "PYTHON"],
    ["clean.sql", "-- Databricks notebook source\nselect 1\n", "SQL"],
    ["clean.scala", "// Databricks notebook source\n", "SCALA"],
    ["clean.r", "# Databricks notebook source\n", "R"],
    ["clean.ipynb", '{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}', "PYTHON"],
  ])("%s becomes a notebook without its extension", async (name, content, language) => {
    await post("mkdirs", { path: `${home}/${language}` });
    await upload(`${home}/${language}/${name}`, content);
    expect(await status(`${home}/${language}/clean`)).toEqual({
      object_type: "NOTEBOOK",
      language,
      path: `${home}/${language}/clean`,
      object_id: expect.any(Number),
      resource_id: expect.any(String),
      created_at: expect.any(Number),
      modified_at: expect.any(Number),
    });
    expect(await lab.workspace.readFile(`${home}/${language}/clean`)).toBe(content);
  });

  it("a file with JSON is read as it was written", async () => {
    const text = '{"creator_user_name": "x",  "job_id": 1}\n';
    await upload(`${home}/spaced.json`, text);
    expect(await lab.workspace.readFile(`${home}/spaced.json`)).toBe(text);
    expect(
      (await lab.call({ path: `${api}/export?path=${home}/spaced.json&direct_download=true`, token: lab.token(bob) }))
        .text,
    ).toBe(text);
    const file = `/api/2.0/workspace-files/${encodeURIComponent(`${home}/spaced.json`.slice(1))}`;
    expect((await lab.call({ path: file, token: lab.token(bob) })).text).toBe(text);
  });

  it("a list shows what is directly in a folder, as get-status shows it", async () => {
    await post("mkdirs", { path: `${home}/listed/below` });
    await upload(`${home}/listed/one.txt`, "1");
    await upload(`${home}/listed/below/two.txt`, "2");
    expect(await list(`${home}/listed`)).toEqual([
      {
        object_type: "DIRECTORY",
        path: `${home}/listed/below`,
        object_id: expect.any(Number),
        resource_id: expect.any(String),
      },
      await status(`${home}/listed/one.txt`),
    ]);
    expect(await list(`${home}/listed/one.txt`)).toEqual([await status(`${home}/listed/one.txt`)]);
  });

  it("what does not exist is not found", async () => {
    const missing = { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Path (/Workspace/nowhere) doesn't exist." };
    for (const answer of [
      await get("list", "/Workspace/nowhere"),
      await get("get-status", "/Workspace/nowhere"),
      await post("delete", { path: "/Workspace/nowhere" }),
    ]) {
      expect(answer).toMatchObject({ status: 404, json: missing });
    }
  });

  it("a folder with something in it is deleted only with everything in it", async () => {
    await post("mkdirs", { path: `${home}/full/below` });
    await post("mkdirs", { path: `${home}/full-of-others` });
    await upload(`${home}/full/below/one.txt`, "1");
    const refused = await post("delete", { path: `${home}/full` });
    expect(refused).toMatchObject({ status: 400, json: { error_code: "DIRECTORY_NOT_EMPTY" } });
    expect(await list(`${home}/full/below`)).toHaveLength(1);
    expect((await post("delete", { path: `${home}/full`, recursive: true })).status).toBe(200);
    expect((await get("get-status", `${home}/full/below/one.txt`)).status).toBe(404);
    expect((await get("get-status", `${home}/full-of-others`)).status).toBe(200);
  });

  it("a file, a notebook and a folder do not replace each other", async () => {
    await post("mkdirs", { path: `${home}/kinds/folder` });
    await post("import", { path: `${home}/kinds/notebook`, format: "SOURCE", language: "PYTHON", content: "" });
    await upload(`${home}/kinds/file`, "1");
    const mismatch = async (name: string) => (await upload(`${home}/kinds/${name}`, "2")).json;
    expect(await mismatch("notebook")).toEqual({
      error_code: "INVALID_PARAMETER_VALUE",
      message: `Cannot overwrite the asset at ${home}/kinds/notebook due to type mismatch (asked: FILE, actual: NOTEBOOK).`,
    });
    expect(await mismatch("folder")).toMatchObject({ message: expect.stringContaining("actual: DIRECTORY") });
    const below = await post("mkdirs", { path: `${home}/kinds/file/below` });
    expect(below).toMatchObject({ status: 400, json: { error_code: "RESOURCE_ALREADY_EXISTS" } });
  });
});
