import { describe, expect, it } from "vitest";
import { lockFolder, namedFiles, parseBundleSummary } from "../../../../tasks/common/databricks/cli/summary.ts";

const files = "/Workspace/Users/x/.bundle/b/prod/files";

function namedBy(resources: Record<string, Record<string, object>>): string[] {
  const summary = parseBundleSummary(JSON.stringify({ workspace: { file_path: files }, resources }));
  return namedFiles(summary).map(({ resource, relativePath }) => `${resource} ${relativePath}`);
}

it.each([
  ["/Workspace/Shared/x/", "/Workspace/Shared/x"],
  ["/Workspace//Shared/./x", "/Workspace/Shared/x"],
  ["/Workspace/Shared/x", "/Workspace/Shared/x"],
  ["/", "/"],
  ["", undefined],
])("A folder that the bundle writes as %s is %s", (given, expected) => {
  const workspace = { root_path: given, state_path: given, file_path: given };
  const { rootPath, statePath, filePath } = parseBundleSummary(JSON.stringify({ workspace }));
  expect([rootPath, statePath, filePath]).toEqual([expected, expected, expected]);
});

describe("Files that resources name", () => {
  it("are those that jobs, pipelines and apps read", () => {
    const task = {
      notebook_task: { notebook_path: `${files}/src/a` },
      spark_python_task: { python_file: `${files}/src/b.py`, parameters: [`${files}/out.csv`] },
      sql_task: { file: { path: `${files}/c.sql` } },
      dbt_task: { project_directory: `${files}/dbt/` },
      libraries: [{ requirements: `${files}/r.txt` }, { jar: `${files}/d.jar` }],
    };
    const job = {
      tasks: [task, { for_each_task: { task: { notebook_task: { notebook_path: `${files}/src/e` } } } }],
      environments: [{ spec: { dependencies: [`-r ${files}/s.txt`, "requests", `${files}/f.whl`] } }],
    };
    expect(namedBy({ jobs: { nightly: job } })).toEqual(
      ["src/a", "src/b.py", "c.sql", "dbt", "r.txt", "d.jar", "src/e", "s.txt", "f.whl"].map(
        (f) => `jobs.nightly ${f}`,
      ),
    );
    expect(
      namedBy({
        pipelines: { p: { root_path: `${files}/p`, libraries: [{ file: { path: `${files}/p/a.py` } }] } },
        apps: { web: { source_code_path: `${files}/web` } },
      }),
    ).toEqual(["pipelines.p p", "pipelines.p p/a.py", "apps.web web"]);
  });

  it("are the folders of a pipeline's globs", () => {
    const libraries = [{ glob: { include: `${files}/pl/**` } }, { glob: { include: `${files}/a/b*/c.py` } }];
    const all = { glob: { include: `${files}/**` } };
    expect(namedBy({ pipelines: { p: { libraries: [...libraries, all] } } })).toEqual([
      "pipelines.p pl",
      "pipelines.p a",
    ]);
  });

  it("are notebooks with an absolute path that no workspace has", () => {
    const task = (notebook_path: string) => ({ notebook_task: { notebook_path } });
    const paths = ["/src/step.py", "/Shared/step.py", "/Volumes/a/b/step.py", "/Workspace/step.py"];
    expect(namedBy({ jobs: { j: { tasks: paths.map(task) } } })).toEqual(["jobs.j /src/step.py"]);
  });

  it("are not patterns, parameters, descriptions or files from elsewhere, and each is one", () => {
    const path = `${files}/src/a`;
    const job = {
      description: `${files}/readme`,
      parameters: [{ name: "x", default: `${files}/out` }],
      tasks: [
        { notebook_task: { notebook_path: path, base_parameters: { path: `${files}/x` } } },
        { notebook_task: { notebook_path: path } },
        { notebook_task: { notebook_path: "src/in/git", source: "GIT" } },
        { notebook_task: { notebook_path: "/Workspace/Shared/b" } },
        { notebook_task: { notebook_path: `${files}-other/b` } },
      ],
    };
    const pipeline = { libraries: [{ glob: { include: `${files}/src/**` } }], configuration: { path: `${files}/y` } };
    expect(namedBy({ jobs: { j: job }, pipelines: { p: pipeline } })).toEqual(["jobs.j src/a", "pipelines.p src"]);
    expect(namedFiles(parseBundleSummary("{}"))).toEqual([]);
  });

  it("are found a hundred thousand levels below", () => {
    const levels = 100_000;
    const deep = `${'{"a":['.repeat(levels)}{"notebook_path":"${files}/src/a"}${"]}".repeat(levels)}`;
    const json = `{"workspace":{"file_path":"${files}"},"resources":{"jobs":{"j":${deep}}}}`;
    expect(namedFiles(parseBundleSummary(json)).map(({ relativePath }) => relativePath)).toEqual(["src/a"]);
  });
});

it.each([
  ["jobs", { name: "Nightly" }, "Nightly"],
  ["dashboards", { display_name: "Nightly" }, "Nightly"],
  ["clusters", { cluster_name: "Nightly" }, "Nightly"],
  ["instance_pools", { instance_pool_name: "Nightly" }, "Nightly"],
  ["genie_spaces", { title: "Nightly" }, "Nightly"],
  ["quality_monitors", { table_name: "main.sales.orders" }, "main.sales.orders"],
  ["postgres_catalogs", { catalog_id: "orders" }, "orders"],
  ["postgres_synced_tables", { synced_table_id: "main.sales.orders" }, "main.sales.orders"],
  ["postgres_roles", {}, "key"],
])("finds the name of a resource of the type %s", (type, resource, name) => {
  const summary = parseBundleSummary(JSON.stringify({ resources: { [type]: { key: resource } } }));
  expect(summary.resources).toMatchObject([{ type, key: "key", name }]);
});

describe("The folder of a deployment's lock", () => {
  const folderWith = (deployment: object) =>
    lockFolder(parseBundleSummary(JSON.stringify({ bundle: { deployment }, workspace: { state_path: "/state" } })));

  it.each([[{}], [{ lock: {} }], [{ lock: { enabled: true } }]])("is that of the state with %j", (deployment) => {
    expect(folderWith(deployment)).toBe("/state");
  });

  it("is unknown without a place, and not needed where the bundle has no lock", () => {
    expect(lockFolder(undefined)).toBeUndefined();
    expect(folderWith({ lock: { enabled: false } })).toBeUndefined();
  });
});
