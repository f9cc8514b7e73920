import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bundleTask, withOneCopy } from "../../../scripts/bundle.ts";

let root: string;

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "shared-modules-")));
});

afterEach(() => fs.rmSync(root, { recursive: true }));

/** Bundles a task with these files, and runs its program. Returns the lines that it prints. */
async function outputOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  const folder = path.join(root, "built");
  await bundleTask(root, path.join(root, "task"), folder);
  const output = execFileSync(process.execPath, [path.join(folder, "index.js")], { encoding: "utf8" });
  return output.trim().split("\n");
}

it("gives late files the modules that the program has loaded, with their state and their classes", async () => {
  const lines = await outputOf({
    "task/state.ts": `console.log("state is loaded");
      export class Problem extends Error {}
      export const names: string[] = [];
      export function add(name: string) { names.push(name); }`,
    "task/index.ts": `import { add, names, Problem } from "./state.ts";
      add("program");
      import("./late.lazy.ts").then(({ work }) => work()).catch((error) => {
        console.log(names.join(), error instanceof Problem);
      });`,
    "task/late.lazy.ts": `import { add, Problem } from "./state.ts";
      export async function work() {
        add("late");
        await import("./later.lazy.ts");
        throw new Problem();
      }`,
    "task/later.lazy.ts": `import { add } from "./state.ts"; import { own } from "./own.ts"; add(own);`,
    "task/own.ts": `export const own = "later";`,
  });
  expect(lines).toEqual(["state is loaded", "program,late,later true"]);
});

it("gives late files the libraries that the program contains, each loaded at its first use", async () => {
  const library = (name: string) => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, main: "index.js" }),
    [`node_modules/${name}/index.js`]: `console.log("${name} is loaded"); module.exports = { name: "${name}", uses: 0 };`,
  });
  const lines = await outputOf({
    ...library("early"),
    ...library("late"),
    "task/plain.cjs": `module.exports = () => "plain";`,
    "task/index.ts": `import early from "early"; import plain from "./plain.cjs";
      early.uses++;
      console.log(plain());
      import("./late.lazy.ts").then(({ total }) => console.log(total));`,
    "task/late.lazy.ts": `import early from "early"; import late from "late"; import plain from "./plain.cjs";
      export const total = early.name + ++early.uses + late.name + ++late.uses + plain();`,
  });
  expect(lines).toEqual(["early is loaded", "plain", "late is loaded", "early2late1plain"]);
  const texts = ["index.js", "late.js"].map((name) => fs.readFileSync(path.join(root, "built", name), "utf8"));
  expect(texts.map((text) => text.includes("early is loaded"))).toEqual([true, false]);
});

it("gives a CommonJS module to another one as it is", async () => {
  const lines = await outputOf({
    "task/plain.cjs": `module.exports = () => "plain";`,
    "node_modules/user/index.js": `module.exports = require("../../task/plain.cjs")();`,
    "task/index.ts": `import plain from "./plain.cjs";
      console.log(plain());
      import("./late.lazy.ts").then(({ text }) => console.log(text));`,
    "task/late.lazy.ts": `import user from "user"; export const text = "late " + user;`,
  });
  expect(lines).toEqual(["plain", "late plain"]);
});

it("gives late files the modules of the late file that loads them, and their exports to the program", async () => {
  const lines = await outputOf({
    "task/state.ts": `console.log("state is loaded"); export const names: string[] = [];`,
    "task/index.ts": `import("./late.lazy.ts").then(({ work }) => work());`,
    "task/late.lazy.ts": `import { names } from "./state.ts";
      export async function work() {
        await import("./later.lazy.ts");
        console.log(names.join());
      }`,
    "task/later.lazy.ts": `import { names } from "./state.ts"; names.push("later");`,
  });
  expect(lines).toEqual(["state is loaded", "later"]);
});

it("refuses a late file that two files load, and that would share modules with only one of them", async () => {
  const built = outputOf({
    "task/index.ts": `import("./a.lazy.ts"); import("./b.lazy.ts");`,
    "task/a.lazy.ts": `import("./c.lazy.ts");`,
    "task/b.lazy.ts": `import("./c.lazy.ts");`,
    "task/c.lazy.ts": "export const c = 1;",
  });
  await expect(built).rejects.toThrow("Two files load c.js late");
});

it("copies the exports of a library once, for all files that import it", async () => {
  const lines = await outputOf({
    "library.cjs": `module.exports = new Proxy({ name: "library" }, {
      ownKeys(exported) { console.log("copied"); return Reflect.ownKeys(exported); },
    });`,
    "task/index.ts": `import { name } from "../library.cjs"; import { other } from "./other.ts"; console.log(name, other);`,
    "task/other.ts": `import library from "../library.cjs"; export const other = library.name;`,
  });
  expect(lines).toEqual(["copied", "library library"]);
});

it("refuses a bundled file in which it does not find the function that copies exports", () => {
  const copy = (definition: string) => `var ${definition};var fs=x(require("node:fs"),1);`;
  const known = "x=(m,n,t)=>(t=m!=null?create(m):{},n||!m?define(t,m):t)";
  expect(withOneCopy(copy(known))).toContain("x=copyOnce(");
  expect(() => withOneCopy(copy(known.replace("!=null", "!==null")))).toThrow("__toESM looks different");
  expect(() => withOneCopy(copy(`${known},y=${known.slice(2)}`))).toThrow("__toESM twice");
});
