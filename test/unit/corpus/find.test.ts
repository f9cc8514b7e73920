import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { writeFiles } from "../../e2e/bundles/bundles.ts";
import { copyBundle, findBundles } from "../../e2e/corpus/find.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true });
});

function folder(files: Record<string, string> = {}): string {
  const created = fs.mkdtempSync(path.join(os.tmpdir(), "corpus-"));
  folders.push(created);
  writeFiles(created, files);
  return created;
}

describe("The bundles of a checkout", () => {
  it("are the folders with a bundle's root file or its template", () => {
    const checkout = folder({
      "a/databricks.yml": "bundle: { name: a }\n",
      "b/databricks.yml.tmpl": "bundle: { name: b-$UNIQUE_NAME }\n",
      "c/readme.md": "",
      "node_modules/d/databricks.yml": "",
    });
    expect(findBundles(checkout)).toEqual([
      { name: "a", root: "a" },
      { name: "b", root: "b" },
    ]);
  });

  it("are copied with the folders beside them that their files name", () => {
    const checkout = folder({
      "x/a/databricks.yml": "sync:\n  paths:\n    - ../shared\n",
      "x/a/resources/job.yml": "notebook_path: ../src/step.py\n",
      "x/shared/one.py": "",
    });
    const [bundle] = findBundles(checkout);
    expect(bundle).toEqual({ name: "x/a", root: "x" });
    const target = folder();
    const copied = bundle && copyBundle(checkout, bundle, target, { host: "https://lab", user: "me" });
    expect(copied).toBe(path.join(target, "a"));
    expect(fs.existsSync(path.join(target, "shared/one.py"))).toBe(true);
  });

  it("get the lab's workspace and the values of their templates", () => {
    const checkout = folder({
      "a/databricks.yml.tmpl": `bundle: { name: a-$UNIQUE_NAME }
workspace:
  host: https://other.example.com
  root_path: /Users/\${CURRENT_USER_NAME}/\${bundle.name}
`,
    });
    const target = folder();
    for (const bundle of findBundles(checkout))
      copyBundle(checkout, bundle, target, { host: "https://lab", user: "me" });
    expect(fs.readFileSync(path.join(target, "databricks.yml"), "utf8")).toBe(`bundle: { name: a-corpus }
workspace:
  host: https://lab
  root_path: /Users/me/\${bundle.name}
`);
  });

  it.each([
    ["a project's template", "{{.project_name}}/databricks.yml", "bundle: { name: x }\n", "a template of a project"],
    [
      "a root file with template commands",
      "a/databricks.yml.tmpl",
      "bundle: { name: {{.name}} }\n",
      "a template of a project",
    ],
    ["values of a test", "a/databricks.yml.tmpl", "bundle: { name: $OTHER }\n", "needs OTHER from its test"],
  ])("are left out with a reason: %s", (_, file, text, leftOut) => {
    expect(findBundles(folder({ [file]: text }))).toMatchObject([{ leftOut }]);
  });
});
