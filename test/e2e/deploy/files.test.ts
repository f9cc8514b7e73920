import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type BundleFiles, bundleOf, job } from "../bundles/bundles.ts";
import { newestNode } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

/** A job, a pipeline and an app that use files which the CLI does not upload. */
const notUploaded: BundleFiles = {
  ...bundleOf(
    "left-out",
    `jobs:
  uses:
    name: Uses
    tasks:
      - task_key: linked
        notebook_task:
          notebook_path: ./src/linked.py
      - task_key: folder
        spark_python_task:
          python_file: ./shared/main.py
        environment_key: default
      - task_key: ignored
        spark_python_task:
          python_file: ./src/ignored.py
        environment_key: default
      - task_key: sql
        sql_task:
          warehouse_id: abc
          file:
            path: ./sql/excluded.sql
      - task_key: dbt
        dbt_task:
          project_directory: ./dbt
          commands: [dbt run]
        environment_key: default
      - task_key: each
        for_each_task:
          inputs: "[1]"
          task:
            task_key: inner
            notebook_task:
              notebook_path: ./src/step.py
    environments:
      - environment_key: default
        spec:
          environment_version: "2"
          dependencies:
            - -r ./sql/requirements.txt
pipelines:
  lines:
    name: Lines
    serverless: true
    catalog: main
    libraries:
      - file:
          path: ./sql/lines.py`,
    "sync:\n  exclude:\n    - sql/*\n    - dbt/*\n",
  ),
  ".gitignore": "ignored.py\n",
  "src/ignored.py": "print(1)\n",
  "sql/excluded.sql": "select 1\n",
  "sql/requirements.txt": "requests\n",
  "sql/lines.py": "print(1)\n",
  "dbt/dbt_project.yml": "name: demo\n",
  "elsewhere/main.py": "print(1)\n",
};

/** Everything that looks like a file to upload and is none, and what the CLI does upload. */
const uploaded: BundleFiles = {
  ...bundleOf(
    "all-there",
    `jobs:
  git:
    name: Git
    git_source:
      git_url: https://github.com/databricks/cli
      git_provider: gitHub
      git_branch: main
    tasks:
      - task_key: git
        notebook_task:
          source: GIT
          notebook_path: src/nowhere
  local:
    name: Local
    tasks:
      - task_key: absolute
        notebook_task:
          source: WORKSPACE
          notebook_path: /Workspace/Shared/elsewhere/notebook
      - task_key: ipynb
        notebook_task:
          notebook_path: ./src/real.ipynb
          base_parameters:
            out: \${workspace.file_path}/out/result.csv
      - task_key: python
        spark_python_task:
          python_file: ./src/main.py
          parameters: ["\${workspace.file_path}/out/other.csv"]
        environment_key: default
      - task_key: dbt
        dbt_task:
          project_directory: ./dbt
          commands: [dbt run]
        environment_key: default
    environments:
      - environment_key: default
        spec:
          environment_version: "2"
          dependencies:
            - -r ./requirements.txt
pipelines:
  lines:
    name: Lines
    serverless: true
    catalog: main
    root_path: ./src
    libraries:
      - glob:
          include: ./src/**`,
    `workspace:\n  file_path: /Workspace/Users/\${workspace.current_user.userName}/own files/\${bundle.target}\n`,
  ),
  "src/real.ipynb": JSON.stringify({
    cells: [],
    metadata: { language_info: { name: "python" } },
    nbformat: 4,
    nbformat_minor: 5,
  }),
  "src/main.py": "print(1)\n",
  "requirements.txt": "requests\n",
  "dbt/dbt_project.yml": "name: demo\n",
};

describe.each([newestNode])("Files that resources use and the CLI does not upload, on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);

  it("are warnings with their reason", async () => {
    const { run, folder } = await checkout(notUploaded);
    fs.symlinkSync("step.py", path.join(folder, "src", "linked.py"));
    fs.symlinkSync("elsewhere", path.join(folder, "shared"));
    const step = await run({ target: "prod" });
    expect(step.result).toBe("Succeeded");
    const excluded = "it is probably excluded by .gitignore or by sync.exclude in the bundle; sync.include adds it.";
    const of = (file: string, why: string) => `jobs.uses uses ${file}, which is not in the workspace: ${why}`;
    expect(step.warnings.toSorted()).toEqual(
      [
        of("src/linked", "src/linked.py is a symbolic link, which the CLI does not follow."),
        of("shared/main.py", "shared is a symbolic link, which the CLI does not follow."),
        of("src/ignored.py", excluded),
        of("sql/excluded.sql", excluded),
        of("sql/requirements.txt", excluded),
        of("dbt", excluded),
        `pipelines.lines uses sql/lines.py, which is not in the workspace: ${excluded}`,
      ].toSorted(),
    );
  });

  it("are warnings for globs, absolute paths and notebooks with their extension", async () => {
    const task = (key: string, notebook: string) =>
      `\n      - task_key: ${key}\n        notebook_task:\n          notebook_path: ${notebook}`;
    const wrong = `${task("absolute", "/src/step.py")}${task("extension", `\${workspace.file_path}/src/step.py`)}`;
    const pipeline = "pipelines:\n  lines:\n    name: Lines\n    serverless: true\n    catalog: main\n    libraries:\n";
    const glob = "      - glob:\n          include: ./pl/**";
    const resources = `${job("a", "A")}${wrong}\n${pipeline}${glob}`;
    const { run } = await checkout({ ...bundleOf("odd", resources), ".gitignore": "pl/\n", "pl/a.py": "print(1)\n" });
    const step = await run({ target: "prod" });
    expect(step.result).toBe("Succeeded");
    const missing = "which is not in the workspace:";
    expect(step.warnings.toSorted()).toEqual([
      `jobs.a uses /src/step.py, ${missing} it is an absolute path; for a file of the bundle, write ./src/step.py.`,
      `jobs.a uses src/step.py, ${missing} a notebook has no extension in the workspace; write src/step.`,
      expect.stringMatching(/^pipelines\.lines uses pl, .* probably excluded by \.gitignore/),
    ]);
  });

  it("are warnings with their reason if sync.paths leads out of the bundle", async () => {
    const python = (key: string, file: string) =>
      `\n      - task_key: ${key}\n        spark_python_task:\n          python_file: ${file}\n        environment_key: default`;
    const tasks = python("own", "./src/ignored.py") + python("shared", "../shared/linked.py");
    const environments = `\n    environments:\n      - environment_key: default\n        spec:\n          environment_version: "2"`;
    const sync = "sync:\n  paths:\n    - .\n    - ../shared\n";
    const { run, folder } = await checkout({
      ...bundleOf("beside", `${job("a", "A")}${tasks}${environments}`, sync),
      ".gitignore": "ignored.py\n",
      "src/ignored.py": "print(1)\n",
      "../shared/lib.py": "print(1)\n",
    });
    fs.symlinkSync("lib.py", path.join(folder, "..", "shared", "linked.py"));
    const step = await run({ target: "prod" });
    expect(step.warnings.toSorted()).toEqual([
      expect.stringMatching(/^jobs\.a uses bundle\/src\/ignored\.py, .*: it is probably excluded by \.gitignore/),
      expect.stringMatching(/^jobs\.a uses shared\/linked\.py, .*: shared\/linked\.py is a symbolic link/),
    ]);
  });

  it("are warnings each time, without a second upload", async () => {
    const { run, folder } = await checkout(bundleOf("linked", job("a", "A").replace("step.py", "linked.py")));
    fs.symlinkSync("step.py", path.join(folder, "src", "linked.py"));
    const first = await run({ target: "prod" });
    expect(first.warnings).toEqual([expect.stringContaining("src/linked.py is a symbolic link")]);
    const second = await run({ target: "prod" });
    expect(second.warnings).toEqual(first.warnings);
    expect(second.text).not.toContain("Uploading all files again");
  });

  it("are none where all is uploaded, or where a path is not that of a bundle's file", async () => {
    const { run } = await checkout(uploaded);
    const [step, { workspace }] = await requests(() => run({ target: "prod" }));
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(await lab.workspace.files()).toContainEqual(expect.stringMatching(/own files\/prod\/src\/real(\.ipynb)?$/));
    const listed = workspace.filter(({ path }) => path.includes("/workspace/list")).map(({ path }) => path);
    // Once to keep what was uploaded, and once more for the state before the deploy, or if a resource uses something in it.
    for (const one of listed) expect(listed.filter((other) => other === one).length).toBeLessThanOrEqual(2);
  });

  it.each([403, 500])("change nothing where the workspace answers %d to that question", async (status) => {
    const { run } = await checkout(bundleOf("unlisted", job("a", "A")));
    const refused = lab.workspace.fault({ method: "GET", path: /\/workspace\/list/ }, { status }, 20);
    const step = await run({ target: "prod" });
    refused.release();
    expect(refused.hits).toBeGreaterThan(0);
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
  });
});

describe.each([newestNode])("An agent that remembers an upload, on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  const root = () => `/Workspace/Users/${lab.deployer.clientId}/.bundle/kept/prod`;
  const kept = bundleOf("kept", job("only", "Only"));
  const remove = (target: string) =>
    `databricks api post /api/2.0/workspace/delete --json '{"path":"${target}","recursive":true}'`;
  const stepFiles = async () =>
    (await lab.workspace.files()).filter((file) => file === `NOTEBOOK ${root()}/files/src/step`);

  it("uploads all files again after another checkout destroyed the bundle", async () => {
    const here = await checkout(kept);
    const elsewhere = await checkout(kept);
    await here.run({ target: "prod" });
    expect((await elsewhere.run({ target: "prod", command: "destroy", autoApprove: "true" })).result).toBe("Succeeded");
    expect(await stepFiles()).toEqual([]);
    const step = await here.run({ target: "prod" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(await stepFiles()).toHaveLength(1);
    expect((await lab.workspace.jobs()).filter(({ name }) => name === "Only")).toHaveLength(1);
  });

  it("uploads all files again after their folder was deleted", async () => {
    const here = await checkout(kept);
    const script = `experimental:\n  scripts:\n    postdeploy: sh ./remove.sh\n`;
    const elsewhere = await checkout({
      ...bundleOf("removes", job("r", "R"), script),
      "remove.sh": remove(`${root()}/files`),
    });
    await here.run({ target: "prod" });
    expect((await elsewhere.run({ target: "prod" })).result).toBe("Succeeded");
    expect(await stepFiles()).toEqual([]);
    const step = await here.run({ target: "prod" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.text).toContain("Files: 2 of 2 changed");
    expect(await stepFiles()).toHaveLength(1);
  });

  it("warns each time of files that are gone after the deploy", async () => {
    const script = `experimental:\n  scripts:\n    postdeploy: sh ./remove.sh\n`;
    const { run } = await checkout({
      ...bundleOf("kept", job("only", "Only"), script),
      "remove.sh": remove(`${root()}/files`),
    });
    for (let attempt = 1; attempt <= 2; attempt++) {
      const step = await run({ target: "prod" });
      expect(step).toMatchObject({ result: "Succeeded" });
      expect(step.warnings).toEqual([
        "jobs.only uses src/step, which is not in the workspace: something has deleted it since the upload.",
      ]);
    }
  });
});
