import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type CliFacts, cliOutput } from "../../../../tasks/common/databricks/cli/output.ts";
import type { OutputStream } from "../../../../tasks/common/databricks/cli/run.ts";

/** What the CLI's output says, from lines on one stream, and what of it is shown. */
function read(lines: readonly string[], stream: OutputStream = "stderr", folder = "/nowhere") {
  const shown: string[] = [];
  const output = cliOutput(
    { folder, environment: {} },
    { onLine: (line) => shown.push(line), onDiagnostic: ({ summary }) => shown.push(`issue: ${summary}`) },
  );
  for (const line of lines) output.line(line, stream);
  output.end();
  return { facts: output.facts, shown };
}

function factsOf(...lines: readonly string[]): CliFacts {
  return read(lines).facts;
}

describe("The CLI's report of a deploy", () => {
  it("names each resource from 1.13 on", () => {
    const { report } = factsOf(
      "Building python_artifact...",
      "Uploading bundle files to /Workspace/Users/x/.bundle/b/dev/files...",
      "Uploading my-0.1-py3-none-any.whl...",
      "Created jobs.my_job",
      "Updated pipelines.refresh",
      "Recreated schemas.orders",
      "Deleted jobs.old",
      "Files: 7 uploaded, 0 deleted",
      "Resources: 2 created, 1 changed, 2 deleted, 4 unchanged, 2 not selected",
    );
    expect(report.complete).toBe(true);
    expect(Object.fromEntries(report.actions)).toEqual({
      "jobs.my_job": "created",
      "pipelines.refresh": "updated",
      "schemas.orders": "recreated",
      "jobs.old": "deleted",
    });
    expect(report.counts).toEqual({ created: 2, updated: 1, deleted: 2, unchanged: 4, notSelected: 2 });
  });

  it("is not complete before 1.13, nor where -q leaves out the lines of resources", () => {
    const old = ["Uploading bundle files to /Workspace/x/files...", "Deploying resources...", "Deployment complete!"];
    expect(factsOf(...old).report.complete).toBe(false);
    expect(factsOf("Resources: 4 created, 0 changed, 0 deleted, 0 unchanged").report.complete).toBe(false);
    expect(factsOf("Resources: 0 created, 0 changed, 0 deleted, 3 unchanged").report.complete).toBe(true);
  });
});

describe("Facts from the CLI's output", () => {
  it("are the lock and the folder of the state, once files are uploaded", () => {
    expect(factsOf("Building python_artifact...").lock).toBeUndefined();
    const root = "/Workspace/Users/x/.bundle/b/dev";
    expect(factsOf(`Uploading bundle files to ${root}/files...`).lock).toMatchObject({ statePath: `${root}/state` });
    expect(factsOf(`Uploading bundle files to ${root}/files`).lock).toMatchObject({ statePath: `${root}/state` });
    expect(factsOf("Uploading bundle files to /Workspace/own...").lock).toBeUndefined();
  });

  it.each([
    "The following resources will be deleted:",
    "All files and directories at the following location will be deleted: /Workspace/x",
  ])("are the lock of a destroy: %s", (line) => {
    expect(factsOf(line).lock).toEqual({ takenBy: expect.any(Date), statePath: undefined });
  });

  it("are the states of the last deployment, as they were before the upload", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "output-"));
    onTestFinished(() => fs.rmSync(folder, { recursive: true }));
    const state = path.join(folder, ".databricks", "bundle", "dev", "resources.json");
    fs.mkdirSync(path.dirname(state), { recursive: true });
    fs.writeFileSync(state, '{"state":{"resources.jobs.a":{"__id__":"1","state":{}}}}');
    const { statesBefore } = read(["Uploading bundle files to /Workspace/x/files..."], "stderr", folder).facts;
    expect(statesBefore?.get("dev")?.resources.get("jobs.a")?.id).toBe("1");
    expect(factsOf("Deploying resources...").statesBefore).toBeUndefined();
  });

  it("are the resources that lose data and those that are left", () => {
    const { destructive, left } = factsOf(
      "  delete resources.schemas.orders",
      "  recreate resources.pipelines.p",
      "Warning: Ignoring permission error when deleting resources.schemas.kept id=main.kept: PERMISSION_DENIED",
    );
    expect(destructive).toEqual([
      { action: "delete", key: "schemas.orders" },
      { action: "recreate", key: "pipelines.p" },
    ]);
    expect([...left.values()]).toEqual([{ key: "schemas.kept", id: "main.kept" }]);
  });

  it("are the pages of runs that the CLI announces on stderr, not those that a script prints", () => {
    const lines = ["Run URL: https://h/?o=1#job/1/run/2", "Update URL: https://h/x", "Run URL: nowhere"];
    expect(factsOf(...lines).runUrls).toEqual(["https://h/?o=1#job/1/run/2", "https://h/x"]);
    expect(read(lines, "stdout").facts.runUrls).toEqual([]);
  });

  it("are the first hundred errors, and the words of the first", () => {
    const errors = Array.from({ length: 120 }, (_, index) => `Error: number ${index}`);
    const { facts } = read(["Warning: not one of them", "", ...errors]);
    expect(facts.errors.map(({ summary }) => summary)).toEqual(
      Array.from({ length: 100 }, (_, index) => `number ${index}`),
    );
    expect(facts.firstError).toBe("number 0");
  });
});

it("shows every line of output, and diagnostics of stderr as such", () => {
  const lines = ["Uploading", "Error: wrong", "  in a.yml:1:2", "", "Deploying"];
  expect(read(lines).shown).toEqual(["Uploading", "issue: wrong", "Deploying"]);
  expect(read(lines, "stdout").shown).toEqual(lines);
});
