import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect } from "vitest";
import * as yaml from "yaml";
import { readDeclared } from "../../../tasks/common/databricks/bundle/declared.ts";
import { readBundleDocuments } from "../../../tasks/common/databricks/bundle/documents.ts";
import { gitHead } from "../../../tasks/common/databricks/bundle/git-head.ts";
import { pathsNamedIn } from "../../../tasks/common/databricks/bundle/outside-paths.ts";
import { texts } from "./mutations.ts";
import { inTime, inTimeAsync, property } from "./property.ts";
import { bundles } from "./samples.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fuzz-bundle-"));
fs.mkdirSync(path.join(folder, ".git"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const file = (name: string) => path.join(folder, name);
const write = (name: string, content: string) => fs.writeFileSync(file(name), content);

const pieces = [
  "<<: *a",
  "&a ",
  "*a",
  "!!str ",
  "? ",
  "- ",
  ": ",
  "  ",
  "\n",
  "|\n",
  "{",
  "[",
  "include",
  "workspace",
  "null",
  "---\n",
];
const yamlText = texts(bundles, pieces);
/** A parser takes much longer for a long text than a regular expression does. */
const most = 3_000;
const runs = 100;

describe("Reading the files of a bundle", () => {
  property(
    "gives what they declare, whatever they contain",
    fc.tuple(yamlText, yamlText, fc.constantFrom(undefined, "prod")),
    async ([root, more, target]) => {
      write("databricks.yml", root);
      write("more.yml", more);
      const declared = await inTimeAsync(() => readDeclared(folder, target), most);
      const { host, workspaceId, gitBranch } = declared;
      for (const value of [host, workspaceId, gitBranch, declared.target])
        expect(typeof value).toMatch(/^(string|undefined)$/);
      for (const value of [...declared.authTypes, ...(declared.variables ?? [])]) expect(typeof value).toBe("string");
      for (const { value } of declared.signInSettings) expect(typeof value).toBe("string");
      for (const { line, text } of declared.mistakes) expect(line >= 1 && text !== "").toBe(true);
    },
    runs,
  );

  property(
    "gives documents, or tells their problem",
    yamlText,
    (root) => {
      write("databricks.yml", root);
      for (const { problem, values } of inTime(() => readBundleDocuments(file("databricks.yml"), yaml, /./), most)) {
        expect(problem ?? "x").not.toBe("");
        values.textAt("bundle", "name");
      }
    },
    runs,
  );

  property(
    "finds the paths that lead out of the bundle",
    fc.tuple(yamlText, texts(["-r ../../requirements.txt\n../lib[dev]\n"], ["../", "..", "${"])),
    ([root, requirements]) => {
      write("databricks.yml", root);
      write("requirements.txt", requirements);
      let named: ReturnType<typeof pathsNamedIn> = [];
      try {
        named = inTime(() => pathsNamedIn([file("databricks.yml"), file("requirements.txt")], folder, [folder]));
      } catch (error) {
        expect(String(error)).toMatch(
          /^Error: \S+ (uses other projects of a workspace|may lead to other folders|cannot be read: )/,
        );
      }
      for (const { beginnings } of named)
        for (const beginning of beginnings) expect(path.isAbsolute(beginning)).toBe(true);
    },
    runs,
  );

  property(
    "gives the branch or the commit of the repository, or nothing",
    texts(["ref: refs/heads/main\n", "0123456789abcdef0123456789abcdef01234567\n"]),
    (head) => {
      write(".git/HEAD", head);
      const found = inTime(() => gitHead(folder));
      if (found && "commit" in found) expect(found.commit).toMatch(/^[\da-f]{40,64}$/);
    },
    runs,
  );
});
