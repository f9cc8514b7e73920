import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readDeclared } from "../../../../tasks/common/databricks/bundle/declared.ts";

const nothing = { authTypes: [], hasPreinit: false, variables: [] };
const pinned = "workspace:\n  auth_type: azure-cli\n";

describe("What a bundle's files declare", () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "bundle-workspace-"));
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  function write(files: Record<string, string | Buffer>): void {
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), content);
    }
  }

  it("reads the host from the target, else from the bundle, and ignores null", async () => {
    write({
      "databricks.yml":
        "workspace:\n  host: https://all\ninclude: [more.yml]\ntargets:\n  dev: {default: true}\n  prod:\n    workspace:\n      host: https://prod\n",
      "more.yml": "targets:\n  prod:\n    workspace:\n      host: null\n",
    });
    expect(await readDeclared(folder, undefined)).toEqual({ host: "https://all", ...nothing });
    expect(await readDeclared(folder, "prod")).toEqual({ host: "https://prod", ...nothing });
  });

  it("reads the workspace ID as a number or a text, from the target or from the bundle", async () => {
    write({
      "databricks.yml":
        "workspace:\n  host: https://acme.databricks.com/?o=5\n  workspace_id: 1234567890123456\ntargets:\n  dev:\n    default: true\n  prod:\n    workspace:\n      workspace_id: '7'\n",
    });
    expect(await readDeclared(folder, "dev")).toMatchObject({ workspaceId: "1234567890123456" });
    expect(await readDeclared(folder, "prod")).toMatchObject({ workspaceId: "7" });
  });

  it.each([
    ["a key with an escape", 'workspace:\n  "auth\\u005ftype": azure-cli\n'],
    ["keys that all have one", '"work\\x73pace":\n  "auth\\x5ftype": azure-cli\n'],
    ["a key that comes twice", `workspace: {}\n${pinned}`],
    ["a second document", `${pinned}---\nname: other\n`],
    ["an alias", `x: &w\n  auth_type: azure-cli\nworkspace: *w\n`],
    ["a merge key", `x: &w\n  auth_type: azure-cli\nworkspace:\n  <<: *w\n`],
    ["merged lists", "x: [&a {auth_type: metadata-service}, &b {auth_type: azure-cli}]\nworkspace: {<<: [*a, *b]}\n"],
    [
      "lists merged the other way",
      "x: [&a {auth_type: azure-cli}, &b {auth_type: metadata-service}]\nworkspace: {<<: [*a, *b]}\n",
    ],
    ["a merge at the root", `x: &x\n  workspace: {auth_type: azure-cli}\n<<: *x\n`],
    ["merged targets", `x: &x\n  dev: {workspace: {auth_type: azure-cli}}\ntargets: {<<: *x}\n`],
    ["an aliased key", `x: &k auth_type\nworkspace:\n  *k : azure-cli\n`],
    ["an empty value in its target", `${pinned}targets: {dev: {workspace: {auth_type: ''}}}\n`],
    ["a list in its target", `${pinned}targets: {dev: {workspace: {auth_type: [x]}}}\n`],
    ["a lone carriage return", `# comment\r${pinned}`],
    ["a next line", `# comment\u0085${pinned}`],
    ["a line separator", `# comment\u2028${pinned}`],
    [
      "one of several targets",
      `targets:\n  dev: {default: false}\n  prod: {default: yes, workspace: {auth_type: azure-cli}}\n`,
    ],
    ["UTF-16", Buffer.from(`\uFEFF${pinned}`, "utf16le")],
    ["UTF-16 in the other order", Buffer.from(`\uFEFF${pinned}`, "utf16le").swap16()],
  ])("finds auth_type behind %s, in the root file and in an included file", async (_, content) => {
    write({ "databricks.yml": content });
    expect((await readDeclared(folder, undefined)).authTypes).toContain("azure-cli");
    write({ "databricks.yml": "include: [more.yml]\n", "more.yml": content });
    expect((await readDeclared(folder, undefined)).authTypes).toContain("azure-cli");
  });

  it.each([
    'include: ["more/*"]',
    "include:\n  - more/a.*",
    'include: ["more/a\\u002eyml"]',
    "include: [missing/../more/a.yml]",
    "include: &i [more/a.yml]\nx: *i",
    "include: ['more/\\a.yml']",
  ])("finds auth_type in a file that is included by %s", async (include) => {
    write({ "databricks.yml": `${include}\n`, "more/a.yml": pinned });
    expect((await readDeclared(folder, undefined)).authTypes).toContain("azure-cli");
  });

  it("reads the host of the target that the CLI takes as the default, however the default is written", async () => {
    const targets = (said: string) =>
      `targets:\n  dev: {workspace: {host: https://dev}}\n  prod: {default: ${said}, workspace: {host: https://prod}}\n`;
    for (const said of ["true", "yes", "'true'", "Y", "on"]) {
      write({ "databricks.yml": targets(said) });
      expect((await readDeclared(folder, undefined)).host, said).toBe("https://prod");
    }
    write({
      "databricks.yml": `include: [more.yml]\n${targets("true")}`,
      "more.yml": "targets: {dev: {default: true}, prod: {default: false}}\n",
    });
    expect((await readDeclared(folder, undefined)).host).toBe("https://dev");
  });

  it("ignores other targets when one is named", async () => {
    write({ "databricks.yml": "targets:\n  dev: {}\n  prod: {workspace: {auth_type: azure-cli}}\n" });
    expect((await readDeclared(folder, "dev")).authTypes).toEqual([]);
  });

  it("distinguishes a script that runs before the CLI signs in from a word in a comment", async () => {
    write({ "databricks.yml": "# preinit\nbundle: {name: preinit}\n" });
    expect((await readDeclared(folder, undefined)).hasPreinit).toBe(false);
    write({ "databricks.yml": "experimental:\n  scripts:\n    preinit: sleep 600\n" });
    expect((await readDeclared(folder, undefined)).hasPreinit).toBe(true);
  });

  it("lists the declared variables, including those from included files and merges", async () => {
    write({
      "databricks.yml": "include: [more.yml]\nx: &x {c: {default: 1}}\nvariables: {<<: *x, a: {default: 1}}\n",
      "more.yml": "variables:\n  b:\n    description: B\n",
    });
    expect((await readDeclared(folder, undefined)).variables?.toSorted()).toEqual(["a", "b", "c"]);
  });

  it("stops when anchors form a circle", async () => {
    write({ "databricks.yml": "workspace: &w\n  <<: *w\n  host: https://all\n" });
    expect((await readDeclared(folder, undefined)).host).toBe("https://all");
  });

  it("declares nothing when files cannot be read", async () => {
    write({ "databricks.yml": "include: ['[z-a].yml', more.yml]\n", "more.yml": "workspace: [\n" });
    expect(await readDeclared(folder, undefined)).toEqual({ host: undefined, ...nothing, variables: undefined });
  });
});
