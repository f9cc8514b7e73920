import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readDeclared } from "../../../../tasks/common/databricks/bundle/declared.ts";

const nothing = {
  authTypes: [],
  signInSettings: [],
  hasPreinit: false,
  variables: [],
  lookups: [],
  mistakes: [],
  usesGitBranch: false,
};
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
    expect(await readDeclared(folder, undefined)).toEqual({ host: "https://all", target: "dev", ...nothing });
    expect(await readDeclared(folder, "prod")).toEqual({ host: "https://prod", target: "prod", ...nothing });
  });

  it("reads which variables the CLI looks up for a target", async () => {
    const lookup = "{lookup: {cluster: shared}}";
    const variables = `variables:\n  a: ${lookup}\n  b: ${lookup}\n  c: {default: 1}\n  d: {default: 2}\n  e: ${lookup}\n`;
    const targets = `targets:\n  dev:\n  prod:\n    variables:\n      b: text\n      c: ${lookup}\n      e: {description: mine}\n`;
    write({ "databricks.yml": variables + targets });
    expect((await readDeclared(folder, "dev")).lookups).toEqual(["a", "b", "e"]);
    expect((await readDeclared(folder, "prod")).lookups).toEqual(["a", "c", "e"]);
  });

  it("reads what else the target or the bundle says about the sign-in", async () => {
    const bundleWide = "workspace:\n  profile: mine\n  azure_client_id: 1f2e\n  azure_use_msi: false\n";
    write({
      "databricks.yml": `${bundleWide}targets:\n  dev:\n    default: true\n  prod:\n    workspace:\n      azure_client_id: 3a4b\n      azure_use_msi: true\n`,
    });
    const profile = { key: "profile", value: "mine" };
    const idOf = (value: string) => ({ key: "azure_client_id", value });
    expect((await readDeclared(folder, "dev")).signInSettings).toEqual([profile, idOf("1f2e")]);
    expect((await readDeclared(folder, "prod")).signInSettings).toEqual([
      profile,
      { key: "azure_use_msi", value: "true" },
      idOf("3a4b"),
    ]);
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
    for (const said of ["true", "yes", "'true'", "Y", "on", "Yes", "YES", "On", "ON"]) {
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

  it("does not rule out such a script where the file is too large to be parsed", async () => {
    const large = `x: [${"1,".repeat(600_000)}]\n`;
    write({ "databricks.yml": `${large}experimental:\n  scripts:\n    preinit: sleep 600\n` });
    expect((await readDeclared(folder, undefined)).hasPreinit).toBe(true);
    write({ "databricks.yml": large });
    expect((await readDeclared(folder, undefined)).hasPreinit).toBe(false);
  });

  it("lists the declared variables, including those from included files and merges", async () => {
    write({
      "databricks.yml": "include: [more.yml]\nx: &x {c: {default: 1}}\nvariables: {<<: *x, a: {default: 1}}\n",
      "more.yml": "variables:\n  b:\n    description: B\n",
    });
    expect((await readDeclared(folder, undefined)).variables?.toSorted()).toEqual(["a", "b", "c"]);
  });

  it.each([
    ["of a repeated key, only the last", "workspace: {host: https://a}\nworkspace: {}\n", { host: undefined }],
    ["of a repeated variable list, only the last", "variables: {a: {}}\nvariables: {b: {}}\n", { variables: ["b"] }],
    ["no variable whose declaration is not a mapping", "variables: {a: 5, b: [x], c: ''}\n", { variables: [] }],
    ["a variable without a declaration", "variables: {a: }\n", { variables: ["a"] }],
    ["no host that is a list", "workspace: {host: https://a}\ninclude: [more.yml]\n", { host: "https://a" }],
    ["the target default where there are no targets", "bundle: {name: x}\n", { target: "default" }],
    ["the only one of repeated targets", "targets: {dev: {}}\ntargets: {prod: {}}\n", { target: "prod" }],
    [
      "an ID beyond the integers of JavaScript",
      "workspace: {workspace_id: 9876543210987654}\n",
      { workspaceId: "9876543210987654" },
    ],
    ["no merge with a quoted key", 'x: &x {host: https://a}\nworkspace: {"<<": *x}\n', { host: undefined }],
    ["a script that is a number", "experimental: {scripts: {preinit: 7}}\n", { hasPreinit: true }],
    [
      "the bundle's host where that of the target is empty",
      "workspace: {host: https://a, azure_use_msi: true}\ntargets: {dev: {workspace: {host: '', azure_use_msi: false}}}\n",
      { host: "https://a", signInSettings: [{ key: "azure_use_msi", value: "true" }] },
    ],
    [
      "the branch in the settings of the bundle in its target",
      "bundle: {git: {branch: a}}\ntargets: {dev: {bundle: {git: {branch: b}}}}\n",
      { gitBranch: "b" },
    ],
  ])("reads as the CLI: %s", async (_, content, expected) => {
    write({ "databricks.yml": content, "more.yml": "workspace: {host: [x]}\n" });
    expect(await readDeclared(folder, undefined)).toMatchObject(expected);
  });

  it("reads the branch from an included file whose keys are quoted", async () => {
    write({ "databricks.yml": "include: [more.json]\n", "more.json": '{"bundle": {"git": {"branch": "main"}}}' });
    expect((await readDeclared(folder, undefined)).gitBranch).toBe("main");
  });

  it("stops when anchors form a circle", async () => {
    write({ "databricks.yml": "workspace: &w\n  <<: *w\n  host: https://all\n" });
    expect((await readDeclared(folder, undefined)).host).toBe("https://all");
  });

  it("declares nothing when files cannot be read", async () => {
    write({ "databricks.yml": "include: ['[z-a].yml', more.yml]\n", "more.yml": "workspace: [\n" });
    expect(await readDeclared(folder, undefined)).toEqual({ host: undefined, ...nothing, variables: undefined });
  });

  const known = "workspace: {host: https://all}\nvariables: {a: {default: 1}}\n";

  it.each<[string, (file: string) => void]>([
    ["a device without an end", (file) => fs.symlinkSync("/dev/zero", file)],
    ["a named pipe", (file) => void execFileSync("mkfifo", [file])],
    ["a folder", (file) => fs.mkdirSync(file)],
    ["a link in a circle", (file) => fs.symlinkSync(file, file)],
    ["a link to nothing", (file) => fs.symlinkSync("nothing", file)],
    [
      "a file of more than 10 MB",
      (file) => fs.writeFileSync(file, `variables: {b: {}}\n#${"x".repeat(10 * 1024 * 1024)}`),
    ],
    ["a file of too many values", (file) => fs.writeFileSync(file, `variables: [${"a,".repeat(600_000)}]`)],
    ["a deeply nested list", (file) => fs.writeFileSync(file, `variables: ${"[".repeat(200_000)}`)],
  ])("leaves %s to the CLI: the variables are unknown then", async (_, make) => {
    write({ "databricks.yml": `include: ['*.yml']\n${known}` });
    make(path.join(folder, "odd.yml"));
    const before = process.cpuUsage();
    expect(await readDeclared(folder, undefined)).toMatchObject({ host: "https://all", variables: undefined });
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(10_000);
  });

  it("declares nothing when the root file is too large, and does not rule out a preinit script", async () => {
    write({ "databricks.yml": `${known}#${"x".repeat(10 * 1024 * 1024)}` });
    const unknown = { ...nothing, variables: undefined, hasPreinit: true };
    expect(await readDeclared(folder, undefined)).toEqual({ host: undefined, ...unknown });
  });

  it("reads merges that multiply in no time", async () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `l${level + 1}: &l${level + 1} {<<: [*l${level}, *l${level}, *l${level}]}`,
    );
    write({ "databricks.yml": `l0: &l0 {host: https://all}\n${levels.join("\n")}\nworkspace: *l30\n` });
    const before = process.cpuUsage();
    expect((await readDeclared(folder, undefined)).host).toBe("https://all");
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1_000);
  });

  it("leaves merges of too many values to the CLI", async () => {
    const wide = Array.from({ length: 3_000 }, (_, index) => `k${index}: 1`).join(", ");
    const levels = Array.from({ length: 1_000 }, (_, level) => `l${level + 1}: &l${level + 1} {<<: *l${level}}`);
    write({ "databricks.yml": `l0: &l0 {${wide}}\n${levels.join("\n")}\n${known}` });
    const before = process.cpuUsage();
    expect((await readDeclared(folder, undefined)).variables).toBeUndefined();
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(10_000);
  });

  it("finds auth_type in a file that is too complex to be parsed", async () => {
    write({ "databricks.yml": `${pinned}x: [${"a,".repeat(600_000)}]\n` });
    expect(await readDeclared(folder, undefined)).toMatchObject({ authTypes: ["azure-cli"], variables: undefined });
  });

  it("resolves an alias to the last anchor before it, however many there are", async () => {
    const aliases = Array.from({ length: 20_000 }, () => "*h").join(", ");
    write({ "databricks.yml": `x: [&h https://other, ${aliases}, &h https://all]\nworkspace: {host: *h}\ny: &h z\n` });
    const before = process.cpuUsage();
    expect((await readDeclared(folder, undefined)).host).toBe("https://all");
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(10_000);
  });
});
