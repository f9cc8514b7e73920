import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type BundleFiles, bundleOf, job } from "../bundles/bundles.ts";
import { newestNode } from "../nodes.ts";
import { writeScriptedCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

const failingBuild = (output: string): BundleFiles => ({
  ...bundleOf("built", job("a", "A"), "artifacts:\n  wheel:\n    type: whl\n    build: sh ./build.sh\n"),
  "build.sh": `printf '${output}'\nexit 3\n`,
});

/** Its Python, which the CLI starts for each command, raises an error. */
const raising: BundleFiles = {
  ...bundleOf("raising", job("a", "A"), 'python:\n  venv_path: .venv\n  resources:\n    - "resources:load"\n'),
  ".venv/pyvenv.cfg": "home = /usr/bin\n",
};

const traceback = `Traceback (most recent call last):
  File "resources.py", line 7, in load
    raise ValueError("no region")
ValueError: no region`;

function writePython(folder: string): void {
  const bin = path.join(folder, ".venv", "bin");
  fs.mkdirSync(bin, { recursive: true });
  fs.writeFileSync(path.join(bin, "python3"), `#!/bin/sh\ncat >&2 <<'END'\n${traceback}\nEND\nexit 1\n`, {
    mode: 0o755,
  });
}

describe.each([newestNode])("The cause of a failure, on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  it("names a script of the bundle that failed, with its last line", async () => {
    const script = "experimental:\n  scripts:\n    postinit: echo cannot parse it && exit 3\n";
    const { run } = await checkout(bundleOf("scripted", job("a", "A"), script));
    const step = await run({ target: "prod" });
    expect(step.errors.at(-1)).toContain("failed to execute script postinit: exit status 3 … cannot parse it.");
  });

  it("warns of a variable in env of the step that the bundle does not declare", async () => {
    const { run } = await checkout(bundleOf("declared", job("a", "A"), "variables:\n  region:\n    default: x\n"));
    const step = await run({ target: "prod" }, { env: { BUNDLE_VAR_regoin: "emea" } });
    expect(step.result).toBe("Succeeded");
    expect(step.warnings).toEqual([
      "The environment variable BUNDLE_VAR_regoin is not used: the bundle does not declare it.",
    ]);
  });

  it("names both branches of a bundle that is on the wrong one", async () => {
    const files = bundleOf("branched", job("a", "A"));
    const root = files["databricks.yml"]?.replace("name: branched", "name: branched\n  git:\n    branch: main");
    const { run, folder } = await checkout({ ...files, "databricks.yml": root ?? "" });
    const git = (...words: string[]) =>
      execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.com", ...words], { cwd: folder });
    git("init", "--quiet", "--initial-branch", "feature");
    git("commit", "--quiet", "--allow-empty", "--message", "Start");
    const step = await run({ target: "prod" });
    expect(step.errors).toEqual([
      expect.stringMatching(
        /^"databricks bundle deploy" failed \(exit code 1\): not on the right Git branch: expected according to configuration: main; actual: feature; .*--force/s,
      ),
    ]);
    expect(await run({ target: "prod", arguments: "--force" })).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("is the last line of a short build's output", async () => {
    const { run } = await checkout(failingBuild("usage: setup.py\\nerror: invalid command bdist_wheel\\n"));
    const step = await run();
    expect(step.errors).toEqual([
      expect.stringMatching(
        /: build failed wheel, error: exit status 3, output: usage: setup\.py; error: invalid command bdist_wheel\.\s/,
      ),
    ]);
  });

  it("is the last line of a build's output that has paragraphs", async () => {
    const { run } = await checkout(failingBuild("* Creating\\n\\nTraceback:\\n  x\\n\\nValueError: no version\\n"));
    const step = await run();
    expect(step.errors.at(-1)).toMatch(/: build failed wheel, .* … ValueError: no version\.\s/s);
    expect(step.log).toContainEqual("Traceback:");
  });

  it("is the exception of the bundle's Python, for every command", async () => {
    const { run, folder } = await checkout(raising);
    writePython(folder);
    for (const inputs of [{}, { command: "plan" }, { command: "destroy", autoApprove: "true" }]) {
      const step = await run(inputs);
      expect(step.result).toBe("Failed");
      expect(step.errors.at(-1)).toMatch(
        /failed \(exit code 1\): python mutator process failed.*ValueError: no region/s,
      );
      expect(step.text).toContain("in load");
    }
    const destroy = await run({ command: "destroy", autoApprove: "true" });
    expect(destroy.errors.at(-1)).toMatch(/^"databricks bundle summary", which this task runs for destroy, failed/);
  });

  it("is the workspace's answer, without what repeats the request", async () => {
    const { run } = await checkout(bundleOf("refused", job("a", "A")));
    const refusal = { error_code: "INVALID_PARAMETER_VALUE", message: "Cluster policy 7 does not exist" };
    lab.workspace.fault({ method: "POST", path: /jobs\/create/ }, { status: 400, body: refusal });
    const step = await run();
    expect(step.errors).toEqual([
      expect.stringMatching(
        /^"databricks bundle deploy" failed \(exit code 1\): cannot create resources\.jobs\.a: Cluster policy 7 does not exist/,
      ),
    ]);
    expect(step.errors[0]).not.toMatch(/Endpoint:|HTTP Status:/);
    expect(step.text).toMatch(/Endpoint: POST /);
  });

  it("is every place where a job has the same key", async () => {
    const { run } = await checkout({
      "databricks.yml": "bundle:\n  name: twice\ninclude:\n  - '*.job.yml'\ntargets:\n  dev:\n    default: true\n",
      "a.job.yml": "resources:\n  jobs:\n    x:\n      name: A\n",
      "b.job.yml": "resources:\n  jobs:\n    x:\n      name: B\n",
    });
    const step = await run({ command: "validate" });
    expect(step.errors[0]).toMatch(/same key|multiple resources.*x.*also in b\.job\.yml:4:7/s);
    expect(step.errors[0]).toMatch(/also in b\.job\.yml:4:7/);
    expect(step.issues[0]).toMatchObject({ sourcePath: "bundle/a.job.yml", line: 4 });
  });

  it("names the input of a variable without a value, and how to set a complex one", async () => {
    const variables = "variables:\n  region:\n    description: Where\n  sizes:\n    type: complex\n    default: {}\n";
    const { run, folder } = await checkout(
      bundleOf("variables", job("a", `\${var.region} \${var.sizes.small}`), variables),
    );
    const missing = await run();
    expect(missing.errors).toEqual([
      expect.stringMatching(
        /^The bundle variable region has no value\.\sSet it in the input variables, one region=value per line.*#inputs/s,
      ),
    ]);
    const complex = await run({ variables: 'region=emea\nsizes={"small": 1}' });
    expect(complex.errors.at(-1)).toMatch(
      /^The bundle variable sizes is a complex variable.*variable-overrides\.json.*#inputs/s,
    );
    fs.mkdirSync(`${folder}/.databricks/bundle/prod`, { recursive: true });
    fs.writeFileSync(`${folder}/.databricks/bundle/prod/variable-overrides.json`, '{"sizes": {"small": 1}}');
    expect((await run({ variables: "region=emea", target: "prod" })).result).toBe("Succeeded");
    expect((await lab.workspace.jobs()).map(({ name }) => name)).toContain("emea 1");
  });

  it("is a crash of the CLI, with what it crashed of", async () => {
    const cli = writeScriptedCli(`[ "$2" = deploy ] || exec '${await lab.programs.cli()}' "$@"
cat >&2 <<'END'
The Databricks CLI unexpectedly had a fatal error.
Please report this issue to Databricks in the form of a GitHub issue at:
https://github.com/databricks/cli

CLI Version: 1.11.0

Panic Payload: runtime error: invalid memory address or nil pointer dereference

Stack Trace:
goroutine 1 [running]:
END
exit 1
`);
    const { run } = await checkout(bundleOf("crashed", job("a", "A")), { agent: { cli } });
    expect((await run()).errors).toEqual([
      expect.stringMatching(
        /^The Databricks CLI crashed in "databricks bundle deploy": runtime error: invalid memory address or nil pointer dereference\.\sTry another version of the CLI/,
      ),
    ]);
  });

  it.each([
    ["", "alone"],
    ["the lab's", "with workspaceUrl"],
  ])("is a variable in workspace.host, which cannot contain one (workspaceUrl: %j)", async (workspaceUrl) => {
    const files = bundleOf(
      "hosted",
      job("a", "A"),
      `variables:\n  host:\n    default: x\nworkspace:\n  host: https://\${var.host}\n`,
    );
    const { run } = await checkout(files);
    const step = await run(workspaceUrl === "" ? { workspaceUrl } : {});
    expect(step.errors).toEqual([
      expect.stringMatching(
        /workspace\.host is https:\/\/\$\{var\.host\}, but it cannot contain a variable\.\s.*workspaceUrl/s,
      ),
    ]);
  });

  it("is a state that only a newer CLI reads, with the task that installs one", async () => {
    const { run, folder } = await checkout(bundleOf("newer", job("a", "A")));
    expect((await run({ target: "prod" })).result).toBe("Succeeded");
    const file = `${folder}/.databricks/bundle/prod/resources.json`;
    const state = JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, unknown>;
    fs.writeFileSync(file, JSON.stringify({ ...state, state_version: 999, serial: 999 }));
    expect((await run({ target: "prod" })).errors).toEqual([
      expect.stringMatching(
        /^The bundle was last deployed with a newer Databricks CLI: .* version 999 .*DatabricksCliInstaller@1.*#cli-version/s,
      ),
    ]);
  });

  it("is a local state of another deployment than the one in the workspace", async () => {
    const bundle = bundleOf("lineage", job("a", "A"));
    const here = await checkout(bundle);
    const [destroying, deployingAnew] = [await checkout(bundle), await checkout(bundle)];
    await here.run({ target: "prod" });
    await destroying.run({ command: "destroy", target: "prod", autoApprove: "true" });
    expect((await deployingAnew.run({ target: "prod" })).result).toBe("Succeeded");
    expect((await here.run({ target: "prod" })).errors).toEqual([
      expect.stringMatching(
        /^The local state of the bundle on this agent belongs to a different deployment .*clean: true.*#stale-state/s,
      ),
    ]);
  });

  it("is a bundle in a Git submodule, with the way out", async () => {
    const { run, folder } = await checkout(bundleOf("inner", job("a", "A")));
    execFileSync("git", ["init", "--quiet", "--separate-git-dir", `${path.dirname(folder)}/modules`, folder]);
    expect((await run()).errors).toEqual([
      expect.stringMatching(/^The Databricks CLI cannot read the Git data .*modules.*copy the bundle/s),
    ]);
  });

  it("is Terraform, which the agent cannot download", async () => {
    const files = bundleOf("terraformed", job("a", "A"));
    const root = files["databricks.yml"]?.replace("name: terraformed", "name: terraformed\n  engine: terraform");
    const { run } = await checkout({ ...files, "databricks.yml": root ?? "" });
    expect((await run({ target: "prod" })).errors).toEqual([
      expect.stringMatching(/^The Databricks CLI could not download Terraform, .*engine: direct.*#deploy-failed/s),
    ]);
  });
});
