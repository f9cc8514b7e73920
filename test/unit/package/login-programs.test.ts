import path from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { root } from "../../../scripts/project.ts";

/** The files that a program of the login loads, of the project and of libraries. */
async function filesOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [path.join(root, "tasks/DatabricksLogin", entry)],
    bundle: true,
    platform: "node",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs);
}

// The task library writes a key to the temporary folder, or to the working folder, when it is loaded.
it.each(["service/serve.ts", "post-job.ts"])(
  "does not load the task library in %s, but only its commands",
  async (entry) => {
    const library = (await filesOf(entry)).filter((file) => file.includes("azure-pipelines-task-lib"));
    expect(library).toEqual(["node_modules/azure-pipelines-task-lib/taskcommand.js"]);
  },
);

it("needs neither the Entra nor the Databricks library in any program of the login", async () => {
  const files = await filesOf("index.ts");
  expect(files).toContain("tasks/DatabricksLogin/service/serve.ts");
  expect(files.filter((file) => /@azure\/|@databricks\/|msal/.test(file))).toEqual([]);
});
