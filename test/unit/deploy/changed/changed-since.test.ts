import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decide } from "../../../../tasks/DatabricksBundleDeploy/changed/changed-since.ts";

type Files = Readonly<Record<string, string>>;

let top: string;

const git = (...command: string[]) =>
  execFileSync("git", ["-C", top, "-c", "user.name=A", "-c", "user.email=a@example.com", ...command], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();

function write(files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(top, name)), { recursive: true });
    fs.writeFileSync(path.join(top, name), content);
  }
}

function commit(files: Files = {}): string {
  write(files);
  git("add", "--all");
  git("commit", "--quiet", "--allow-empty", "--message", "x");
  return git("rev-parse", "HEAD");
}

/** A merge that contains changes which none of its parents contains. */
function mergeWith(files: Files): void {
  const branch = git("commit-tree", "-p", "HEAD", "-m", "x", "HEAD^{tree}");
  commit({ "README.md": branch });
  git("merge", "--quiet", "--no-commit", "--no-ff", "--strategy=ours", branch);
  commit(files);
}

const bundle = (more = "") => `bundle:\n  name: sales\n${more}`;

const decideIn = (folder: string, since = "deployed", variables: Files = {}) =>
  decide(
    { cancel: new AbortController().signal },
    { folder: path.join(top, folder), variables, pullRequestComment: false },
    since,
  );
const skips = async (folder: string, since?: string, variables?: Files) =>
  (await decideIn(folder, since, variables)).skips;
const lineOf = async (folder: string, since?: string, variables?: Files) => {
  const { skips, line } = await decideIn(folder, since, variables);
  expect(skips).toBe(false);
  return line;
};

beforeEach(() => {
  top = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "changed since-")));
  vi.stubEnv("HOME", top);
  git("init", "--quiet", "--initial-branch", "main");
  commit({
    "teams/sales/databricks.yml": bundle(),
    "teams/sales/src/a.py": "1",
    "teams/finance/databricks.yml": bundle(),
    "shared/lib.py": "1",
    "README.md": "1",
  });
  git("tag", "deployed");
});

afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(top, { recursive: true, force: true });
});

describe("A bundle of a repository with others", () => {
  it("is skipped if only others have changed", async () => {
    commit({ "teams/finance/src/a.py": "2", "README.md": "2", "teams/sales2/a.py": "2" });
    const { skips, line } = await decideIn("teams/sales");
    expect(skips).toBe(true);
    expect(line).toMatch(
      /^Skipped, because no file of the bundle has changed since deployed \(commit [0-9a-f]{8}\)\. Values of variables and the workspace are not compared\.$/,
    );
    expect(await lineOf("teams/finance")).toMatch(
      /^Files of the bundle have changed since deployed \(commit [0-9a-f]{8}\): teams\/finance\/src\/a\.py$/,
    );
  });

  it.each<[string, () => unknown]>([
    ["is changed", () => commit({ "teams/sales/src/a.py": "2" })],
    ["is deleted", () => [fs.rmSync(path.join(top, "teams/sales/src/a.py")), commit()]],
    ["is moved away", () => [git("mv", "teams/sales/src/a.py", "shared/a.py"), commit()]],
    [
      "is changed and changed back",
      () => [commit({ "teams/sales/src/a.py": "2" }), commit({ "teams/sales/src/a.py": "1" })],
    ],
    [
      "is changed by a merge, and changed back by another one",
      () => ["2", "1"].map((content) => mergeWith({ "teams/sales/src/a.py": content })),
    ],
    ["is changed on the agent", () => write({ "teams/sales/src/a.py": "2" })],
    ["is staged on the agent", () => [write({ "teams/sales/src/a.py": "2" }), git("add", "--all")]],
    ["is new on the agent", () => write({ "teams/sales/src/new.py": "2" })],
    ["decides what is uploaded", () => commit({ ".gitignore": "*.csv" })],
  ])("is not skipped if a file %s", async (_, change) => {
    commit({ "README.md": "2" });
    expect(await skips("teams/sales")).toBe(true);
    change();
    expect(await lineOf("teams/sales")).toMatch(/^Files of the bundle have changed since/);
  });

  it("is everything in the repository if it is at the top", async () => {
    commit({ "databricks.yml": bundle() });
    git("tag", "--force", "deployed");
    expect(await skips("")).toBe(true);
    commit({ "shared/other.py": "2" });
    expect(await skips("")).toBe(false);
  });

  it.each([
    ["an include", bundle('include:\n  - "../../shared/*.yml"\n'), "shared/new.yml"],
    ["sync.paths", bundle("sync:\n  paths:\n    - .\n    - ../../shared\n"), "shared/data.csv"],
    ["the path of an artifact", bundle("artifacts:\n  lib:\n    type: whl\n    path: ../../shared\n"), "shared/lib.py"],
    ["a task", bundle("x: {python_file: ../../shared/lib.py}\n"), "shared/lib.py"],
    ["a notebook without its extension", bundle("x:\n  notebook_path: ../../shared/lib\n"), "shared/lib.py"],
    ["a build", bundle("artifacts:\n  lib:\n    build: cd ../../shared && make\n"), "shared/lib.py"],
    ["a path with a variable", bundle(`x: ../../shared/\${var.name}/x.py\n`), "shared/a/x.py"],
    ["a path in a variable", bundle("variables:\n  lib:\n    default: ../../shared\n"), "shared/lib.py"],
    ["a path of Windows", bundle('x: "..\\\\..\\\\shared\\\\lib.py"\n'), "shared/lib.py"],
  ])("is not skipped if what %s outside of its folder names has changed", async (_, yaml, changed) => {
    commit({ "teams/sales/databricks.yml": yaml });
    git("tag", "--force", "deployed");
    commit({ "README.md": "2" });
    expect(await skips("teams/sales")).toBe(true);
    commit({ [changed]: "2" });
    expect(await lineOf("teams/sales")).toContain(`: ${changed}`);
  });

  it("is not skipped if a project that its project uses has changed", async () => {
    commit({
      "teams/sales/pyproject.toml": 'shared = { path = "../../shared" }',
      "shared/pyproject.toml": 'base = { path = "../base", editable = true }',
      "base/base.py": "1",
    });
    git("tag", "--force", "deployed");
    commit({ "README.md": "2" });
    expect(await skips("teams/sales")).toBe(true);
    commit({ "base/base.py": "2" });
    expect(await lineOf("teams/sales")).toContain(": base/base.py");
  });

  it("is not skipped if what a value of its variables names has changed", async () => {
    commit({ "shared/lib.py": "2" });
    expect(await skips("teams/sales")).toBe(true);
    expect(await skips("teams/sales", "deployed", { lib: "../../shared" })).toBe(false);
  });

  it.each<[string, () => unknown]>([
    ["the job", () => vi.stubEnv("BUNDLE_VAR_LIB", "../../shared")],
    ["env of the step", () => vi.stubEnv("bundle_var_lib", "../../shared")],
    ["the job, as an absolute path", () => vi.stubEnv("BUNDLE_VAR_LIB", path.join(top, "shared"))],
    ["the job, in a list", () => vi.stubEnv("BUNDLE_VAR_LIB", `a,${path.join(top, "shared")}`)],
    [
      "variable-overrides.json",
      () => write({ "teams/sales/.databricks/bundle/prod/variable-overrides.json": '{"lib": "../../shared"}' }),
    ],
  ])("is not skipped if what a value of %s names has changed", async (_, set) => {
    commit({ ".gitignore": ".databricks" });
    git("tag", "--force", "deployed");
    commit({ "shared/lib.py": "2" });
    expect(await skips("teams/sales")).toBe(true);
    set();
    expect(await lineOf("teams/sales")).toContain(": shared/lib.py");
  });

  it("is not skipped if what a value names from the file that uses it has changed", async () => {
    commit({
      "teams/sales/databricks.yml": bundle("variables:\n  lib:\n    default: ../../finance\n"),
      "teams/sales/jobs/a.yml": `x: \${var.lib}\n`,
      "finance/a.py": "1",
    });
    git("tag", "--force", "deployed");
    expect(await skips("teams/sales")).toBe(true);
    commit({ "teams/finance/a.py": "2", "shared/lib.py": "2" });
    expect(await lineOf("teams/sales")).toContain(": teams/finance/a.py");
    git("tag", "--force", "deployed");
    commit({ "shared/lib.py": "3" });
    expect(await lineOf("teams/sales", "deployed", { lib: "../../../shared" })).toContain(": shared/lib.py");
  });

  it.each([
    ["include: [jobs/*.yml]\n", "a.yml", "x: ../src/a.py\ny: ../../finance/x.py\n"],
    ["include:\n  - jobs/*\n", "a.json", '{"x": "../src/a.py", "y": "../../finance/x.py"}'],
    ["include:\n# All of them\n\n- 'jobs/*.*'\nx: y\n", "a.json", '{"y": "../../finance/x.py"}'],
    ["include: [\n'jobs/*'\n]\n", "a.json", '{"y": "../../finance/x.py"}'],
  ])("is not skipped if a file included by %j refers to another folder", async (include, name, content) => {
    commit({
      "teams/sales/databricks.yml": bundle(include),
      [`teams/sales/jobs/${name}`]: content,
      "teams/finance/x.py": "1",
    });
    git("tag", "--force", "deployed");
    commit({ "README.md": "2" });
    expect(await skips("teams/sales")).toBe(true);
    commit({ "teams/finance/x.py": "2" });
    expect(await skips("teams/sales")).toBe(false);
  });
});

describe("The target branch of a pull request", () => {
  const inPullRequest = (branch = "refs/heads/main") => {
    vi.stubEnv("BUILD_REASON", "PullRequest");
    vi.stubEnv("SYSTEM_PULLREQUEST_TARGETBRANCH", branch);
  };
  const merge = () => {
    git("update-ref", "refs/remotes/origin/main", "main");
    git("checkout", "--quiet", "-b", "work", "deployed");
    commit({ "teams/finance/src/a.py": "2" });
    git("checkout", "--quiet", "--detach", "main");
    git("merge", "--quiet", "--no-edit", "work");
    return git("rev-parse", "HEAD");
  };

  it.each(["refs/heads/main", "main"])("is compared with what the pull request changes (%s)", async (branch) => {
    inPullRequest(branch);
    commit({ "teams/sales/src/a.py": "merged by others" });
    merge();
    expect(await skips("teams/sales", "target")).toBe(true);
    expect(await lineOf("teams/finance", "target")).toMatch(/since main \(commit .*: teams\/finance\/src\/a\.py$/);
  });

  it("stays the same when others merge while the run waits", async () => {
    inPullRequest();
    commit({ "README.md": "2" });
    const merged = merge();
    git("checkout", "--quiet", "main");
    git("update-ref", "refs/remotes/origin/main", commit({ "teams/sales/src/a.py": "merged later" }));
    git("checkout", "--quiet", "--detach", merged);
    expect(await skips("teams/sales", "target")).toBe(true);
    expect(await skips("teams/finance", "target")).toBe(false);
  });

  it("does not promise that a plan that the pull request shows is right", async () => {
    inPullRequest();
    commit({ "README.md": "2" });
    merge();
    const inputs = { folder: path.join(top, "teams/sales"), variables: {} };
    const decideWith = (pullRequestComment: boolean) =>
      decide({ cancel: new AbortController().signal }, { ...inputs, pullRequestComment }, "target");
    const end =
      " If an earlier run has shown a plan on the pull request, it stays there, although it may no longer be right.";
    const [without, withComment] = [await decideWith(false), await decideWith(true)];
    expect(withComment).toEqual({ skips: true, line: without.line + end });
    vi.stubEnv("BUILD_REASON", "Manual");
    expect((await decideWith(true)).line).not.toContain(end);
  });

  it("is unknown where there is no pull request, or no such branch in the checkout", async () => {
    expect(await lineOf("teams/sales", "target")).toMatch(/this run does not validate a pull request/);
    inPullRequest();
    expect(await lineOf("teams/sales", "target")).toMatch(
      /does not contain the target branch main: set "fetchDepth: 0"/,
    );
    git("update-ref", "refs/remotes/origin/main", "main");
    expect(await lineOf("teams/sales", "target")).toMatch(/belongs to the target branch main already/);
    git("checkout", "--quiet", "--orphan", "other");
    commit({ "README.md": "other" });
    expect(await lineOf("teams/sales", "target")).toMatch(/no commit in common/);
  });
});

describe("A doubt", () => {
  const doubt = /^The step is not skipped, because it is unknown whether the bundle has changed since \S+: /;

  async function doubtIn(folder = "teams/sales", since?: string): Promise<string> {
    const line = await lineOf(folder, since);
    expect(line).toMatch(doubt);
    expect(line).not.toContain("\n");
    return line;
  }

  it("is a history that is not complete", async () => {
    commit({ "README.md": "2" });
    const clone = path.join(top, "clone");
    git("clone", "--quiet", "--depth", "1", "--branch", "main", `file://${top}`, clone);
    expect(await doubtIn("clone/teams/sales", "HEAD")).toMatch(
      /does not contain the whole history: set "fetchDepth: 0"/,
    );
  });

  it("is a reference that the checkout does not have, or that says nothing", async () => {
    expect(await doubtIn("teams/sales", "v9")).toMatch(/does not contain v9\.$/);
    expect(await doubtIn("teams/sales", "HEAD")).toMatch(/HEAD is the commit that this run works on/);
    git("update-ref", "refs/remotes/origin/main", commit({ "README.md": "2" }));
    git("checkout", "--quiet", "--detach", "HEAD~1");
    expect(await doubtIn("teams/sales", "origin/main")).toMatch(/this commit belongs to origin\/main/);
    git("branch", "--quiet", "--delete", "--force", "main");
    for (const name of ["main", "refs/heads/main"]) {
      expect(await doubtIn("teams/sales", name)).toMatch(/this commit belongs to .*main, so nothing can have changed/);
    }
  });

  it("is not the tag of the commit itself, which is deployed", async () => {
    expect(await skips("teams/sales", "deployed")).toBe(true);
    expect(await skips("teams/sales", "refs/tags/deployed")).toBe(true);
  });

  it("is a folder without a repository, and an agent without git", async () => {
    fs.rmSync(path.join(top, ".git"), { recursive: true });
    expect(await doubtIn()).toMatch(/"git rev-parse" failed \(128\): fatal: not a git repository/);
    vi.stubEnv("PATH", "/nowhere");
    expect(await doubtIn()).toMatch(/there is no git on this agent's PATH/);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "a path that is not in the repository",
      () => commit({ "teams/sales/databricks.yml": bundle("x: ../finance/dist/*.whl\n"), ".gitignore": "dist" }),
      /databricks\.yml names \.\.\/finance\/dist\/\*\.whl, which is not in the repository/,
    ],
    [
      "a path outside of the repository",
      () => commit({ "teams/sales/databricks.yml": bundle("x: ../../../../y.py\n") }),
      /names \.\.\/\.\.\/\.\.\/\.\.\/y\.py, which is not in the repository/,
    ],
    [
      "a wheel that Git ignores",
      () => [
        commit({ ".gitignore": "dist\n.databricks" }),
        write({ "teams/sales/dist/a.whl": "1", "teams/sales/.databricks/b.whl": "1" }),
      ],
      /Git ignores teams\/sales\/dist\/a\.whl/,
    ],
    [
      "a bundle that Git ignores",
      () => [git("rm", "-r", "--quiet", "--cached", "teams/sales"), write({ ".gitignore": "sales" }), commit()],
      /Git ignores teams\/sales\/databricks\.yml/,
    ],
    [
      "a link that leads elsewhere",
      () => [fs.symlinkSync("../../shared", path.join(top, "teams/sales/lib")), commit()],
      /teams\/sales\/lib is a link to something outside of the bundle/,
    ],
    [
      "a file that is too large to be read",
      () => commit({ "teams/sales/large.yml": "x".repeat(11 * 1024 * 1024) }),
      /large\.yml cannot be read: it is larger than 10 MB/,
    ],
    [
      "an included file that Git ignores",
      () => [
        commit({ ".gitignore": "made.yml\n.venv" }),
        write({ "teams/sales/made.yml": "1", "teams/sales/.venv/a.yml": "1" }),
      ],
      /Git ignores teams\/sales\/made\.yml/,
    ],
    ...[
      ["a file that sync.include names", "sync: {include: [src/_version.py]}\n", "src/_version.py"],
      ["a file of a pattern of sync.include", "sync:\n  include:\n    - conf/*.csv\n", "conf/a.csv"],
      ["a file of a pattern in any folder", "sync:\n  include: ['*.csv']\n", "conf/deep/a.csv"],
      ["a file of a folder's pattern", "sync:\n  include: [conf/**]\n", "conf/deep/a.csv"],
      ["a file of everything", 'sync:\n  include:\n    - "**"\n', "conf/a"],
      ["a file of a folder with a star", "sync: {include: [x_*]}\n", "x_made/a.txt"],
      ["a file of a pattern with letters", "sync: {include: [conf/[ab].csv]}\n", "conf/a.csv"],
      ["a file of a pattern with a variable", `sync: {include: ["\${var.folder}/a.csv"]}\n`, "a.csv"],
      ["a file of a folder that an artifact names", "artifacts: {lib: {path: ./lib}}\n", "lib/a/_version.py"],
      ["an included JSON file", "include: [generated/*.json]\n", "generated/a.json"],
      ["a wheel in a folder with a dot", "x: {whl: ./.artifacts/x.whl}\n", ".artifacts/x.whl"],
    ].map<[string, () => unknown, RegExp]>(([name = "", yaml, file = ""]) => [
      `${name} and Git ignores`,
      () => {
        commit({ "teams/sales/databricks.yml": bundle(yaml), ".gitignore": `/teams/sales/${file}\n.venv\n` });
        write({ [`teams/sales/${file}`]: "1", [`teams/sales/.venv/${file}`]: "1" });
      },
      new RegExp(`Git ignores teams/sales/${file.replace(".", "\\.")},`),
    ]),
    [
      "an ignored file in a folder outside that the bundle names",
      () => {
        commit({ "teams/sales/databricks.yml": bundle("x: {path: ../../shared}\n"), ".gitignore": "_version.py" });
        write({ "shared/_version.py": "1" });
      },
      /Git ignores shared\/_version\.py/,
    ],
    [
      "a command that finds the repository's folder",
      () => commit({ "teams/sales/databricks.yml": bundle("build: make -C $(git rev-parse --show-toplevel)/lib\n") }),
      /databricks\.yml may lead to other folders with "--show-toplevel"/,
    ],
    [
      "a value in a file that names what is on the agent",
      () => {
        commit({ ".gitignore": ".databricks" });
        write({
          "teams/sales/.databricks/bundle/prod/variable-overrides.json": JSON.stringify({ lib: path.dirname(top) }),
        });
      },
      /because .*: variable-overrides\.json names a path, which is not in the repository/,
    ],
    [
      "a value that names what is on the agent, which is not shown",
      () => vi.stubEnv("BUNDLE_VAR_LIB", os.tmpdir()),
      /the variable BUNDLE_VAR_LIB names a path, which is not in the repository/,
    ],
    [
      "a project of a workspace",
      () => commit({ "teams/sales/pyproject.toml": "shared = { workspace = true }\n" }),
      /pyproject\.toml uses other projects of a workspace/,
    ],
  ])("is %s", async (_, prepare, message) => {
    prepare();
    git("tag", "--force", "deployed");
    commit({ "README.md": "2" });
    expect(await doubtIn()).toMatch(message);
  });

  it("is not an ignored file that the bundle does not name, or of a tool", async () => {
    commit({
      "teams/sales/databricks.yml": bundle(
        'sync:\n  include: [conf/*.csv]\nx:\n  out: {path: ./src}\n  cron: "0 0 6 * * ?"\n',
      ),
      ".gitignore": "out\n*.pyc\n.venv\n.mypy_cache\n*.csv",
    });
    write({
      "teams/sales/out/a.txt": "1",
      "teams/sales/other/a.csv": "1",
      "teams/sales/src/__pycache__/a.pyc": "1",
      "teams/sales/.venv/conf/a.csv": "1",
      "teams/sales/.mypy_cache/a.json": "1",
    });
    git("tag", "--force", "deployed");
    commit({ "README.md": "2" });
    expect((await decideIn("teams/sales")).line).toMatch(/^Skipped/);
  });

  it("is a submodule", async () => {
    const other = fs.mkdtempSync(path.join(os.tmpdir(), "submodule-"));
    execFileSync("git", ["clone", "--quiet", top, other]);
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other, "teams/sales/lib");
    commit();
    git("tag", "--force", "deployed");
    commit({ "README.md": "2" });
    expect(await doubtIn()).toMatch(/teams\/sales\/lib is a Git submodule/);
    expect(await doubtIn("teams/sales/lib/teams/sales")).toMatch(/the bundle is in a Git submodule/);
    fs.rmSync(other, { recursive: true });
  });
});

describe("Git", () => {
  it("reads a checkout of another account, as containers have it", async () => {
    vi.stubEnv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    expect(() => git("status")).toThrow(/dubious ownership/);
    expect(await skips("teams/sales")).toBe(true);
  });

  it("is not led elsewhere by variables, and starts no program that the repository names", async () => {
    const mark = path.join(top, ".git", "started");
    const script = path.join(top, ".git", "script.sh");
    fs.writeFileSync(script, `#!/bin/sh\ntouch '${mark}'\n`, { mode: 0o755 });
    git("config", "core.fsmonitor", script);
    git("config", "diff.external", script);
    vi.stubEnv("GIT_DIR", "/nowhere");
    vi.stubEnv("GIT_EXTERNAL_DIFF", script);
    expect(await skips("teams/sales")).toBe(true);
    vi.unstubAllEnvs();
    commit({ "teams/sales/src/a.py": "2" });
    fs.rmSync(mark, { force: true });
    expect(await skips("teams/sales")).toBe(false);
    expect(fs.existsSync(mark)).toBe(false);
  });
});
