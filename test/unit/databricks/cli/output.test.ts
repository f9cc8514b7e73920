import { describe, expect, it } from "vitest";
import { type CliFacts, cliOutput } from "../../../../tasks/common/databricks/cli/output.ts";
import type { OutputStream } from "../../../../tasks/common/databricks/cli/run.ts";
import { rememberSecret } from "../../../../tasks/common/pipeline/secrets.ts";

/** What the CLI's output says, from lines on one stream, and what of it is shown. */
function read(lines: readonly string[], stream: OutputStream = "stderr") {
  const shown: string[] = [];
  const output = cliOutput({
    onLine: (line) => shown.push(line),
    onDiagnostic: ({ summary }) => shown.push(`issue: ${summary}`),
  });
  for (const line of lines) output.line(line, stream);
  output.end();
  return { facts: output.facts, shown };
}

function factsOf(...lines: readonly string[]): CliFacts {
  return read(lines).facts;
}

describe("A line of the CLI's output", () => {
  it("does not show the beginning of a secret that the CLI cuts", () => {
    rememberSecret("sv=2024&sig=abcdef");
    const { shown } = read([
      '>   "path": "/Workspace/sv=2024\\u0026sig=ab... (60 more bytes)"',
      '>   "path": "/Workspace/Users... (60 more bytes)"',
    ]);
    expect(shown).toEqual([
      '>   "path": "/Workspace/***... (60 more bytes)"',
      '>   "path": "/Workspace/Users... (60 more bytes)"',
    ]);
  });

  it("does not show the settings that the CLI adds to an error of its sign-in", () => {
    const settings =
      "Config: host=https://adb-1.2.azuredatabricks.net, metadata_service_url=***, auth_type=metadata-service. Env: DATABRICKS_HOST";
    const { shown, facts } = read([`Error: failed during request visitor: metadata-service auth: no. ${settings}`]);
    expect(shown).toEqual(["issue: failed during request visitor: metadata-service auth: no."]);
    expect(facts.firstError).not.toContain("Config");
  });
});

describe("The CLI's report of a deploy", () => {
  it("lists each resource from CLI 1.13 on", () => {
    const { report } = factsOf(
      "Building python_artifact...",
      "Uploading bundle files to /Workspace/Users/x/.bundle/b/dev/files...",
      "Uploading my-0.1-py3-none-any.whl...",
      "Created jobs.my_job",
      "Updated pipelines.refresh",
      "Resized clusters.shared",
      "Recreated schemas.orders",
      "Deleted jobs.old",
      "Files: 7 uploaded, 0 deleted",
      "Resources: 2 created, 2 changed, 2 deleted, 4 unchanged, 2 not selected",
    );
    expect(report.complete).toBe(true);
    expect(Object.fromEntries(report.actions)).toEqual({
      "jobs.my_job": "created",
      "pipelines.refresh": "updated",
      "clusters.shared": "updated",
      "schemas.orders": "recreated",
      "jobs.old": "deleted",
    });
    expect(report.counts).toEqual({ created: 2, updated: 2, deleted: 2, unchanged: 4, notSelected: 2 });
    expect(report.files).toEqual({ uploaded: 7, deleted: 0 });
  });

  it("is not complete before CLI 1.13, or if -q leaves out the lines of resources", () => {
    const old = ["Uploading bundle files to /Workspace/x/files...", "Deploying resources...", "Deployment complete!"];
    expect(factsOf(...old).report).toMatchObject({ complete: false, files: undefined });
    expect(factsOf("Resources: 4 created, 0 changed, 0 deleted, 0 unchanged").report.complete).toBe(false);
    expect(factsOf("Resources: 0 created, 0 changed, 0 deleted, 3 unchanged").report.complete).toBe(true);
  });
});

describe("A change of what belongs to a resource", () => {
  it("is an update of that resource", () => {
    const { report } = factsOf(
      "Updated jobs.a.permissions",
      "Created jobs.b",
      "Created jobs.b.permissions",
      "Updated schemas.s.grants",
      "Resources: 2 created, 2 changed, 0 deleted, 0 unchanged",
    );
    expect(report.complete).toBe(true);
    expect(Object.fromEntries(report.actions)).toEqual({
      "jobs.a": "updated",
      "jobs.b": "created",
      "schemas.s": "updated",
    });
  });
});

describe("Facts from the CLI's output", () => {
  it("include the attempt to take the lock, from the CLI's log", () => {
    const records = (...messages: string[]) => {
      const output = cliOutput({ onLine: () => undefined, onDiagnostic: () => undefined });
      for (const message of messages) output.record({ at: 5_000.25, level: "INFO", message });
      return output.facts;
    };
    expect(records("Phase: build")).toMatchObject({ lock: undefined, progress: "preparing" });
    const acquiring = "Acquiring deployment lock (force: true)";
    expect(records(acquiring)).toMatchObject({
      lock: { from: 5_000.25, until: 5_250.25, forced: true, failed: false },
      progress: "locked",
    });
    expect(records(acquiring, "Uploaded bundle files").progress).toBe("changing");
    const failure = "Failed to acquire deployment lock: deploy lock acquired by x at y.";
    expect(records("Acquiring deployment lock (force: false)", failure)).toMatchObject({
      lock: { failed: true },
      progress: "preparing",
    });
  });

  it("include the progress of a deployment without a lock, from the CLI's log", () => {
    const progressAfter = (...messages: string[]) => {
      const output = cliOutput({ onLine: () => undefined, onDiagnostic: () => undefined });
      for (const message of messages) output.record({ at: 0, level: "INFO", message });
      return output.facts.progress;
    };
    const unlocked = "Skipping; locking is disabled";
    expect(progressAfter("Phase: deploy")).toBe("preparing");
    expect(progressAfter("Phase: deploy", unlocked)).toBe("locked");
    // CLI 1.13 and later print nothing before they change resources.
    expect(progressAfter(unlocked, "Uploaded bundle files")).toBe("changing");
    expect(progressAfter(unlocked, "Uploaded bundle files", "Created resources.jobs.a", unlocked)).toBe("changing");
  });

  it("include the attempt to take the lock, from a log on stderr", () => {
    const before = Date.now();
    const { lock } = factsOf("12:09:35 Info: Acquiring deployment lock (force: false) pid=15821 mutator=lock:acquire");
    expect(lock).toMatchObject({ forced: false, failed: false });
    expect(lock?.from).toBeLessThanOrEqual(before);
    expect(lock?.until).toBeGreaterThanOrEqual(before);
  });

  it.each([
    "Deploying resources...",
    "The following resources will be deleted:",
    "All files and directories at the following location will be deleted: /Workspace/x",
  ])("include that resources change: %s", (line) => {
    expect(factsOf(line).progress).toBe("changing");
  });

  it("include warnings and errors of a log in a file, as if they were on stderr", () => {
    const lines: string[] = [];
    const summaries: string[] = [];
    const output = cliOutput({
      onLine: (line) => lines.push(line),
      onDiagnostic: ({ summary }) => summaries.push(summary),
    });
    output.line("Error: first", "stderr");
    output.record({ at: 0, level: "WARNING", message: "Destroy may still be in progress" });
    output.record({ at: 0, level: "ERROR", message: "second" });
    output.record({ at: 0, level: "INFO", message: "not shown" });
    output.line("  in databricks.yml:1:2", "stderr");
    output.end();
    expect(lines).toEqual(["Warn: Destroy may still be in progress"]);
    expect(summaries).toEqual(["first", "second"]);
    expect(output.facts.logWarnings).toEqual(["Destroy may still be in progress"]);
    expect(output.facts.errors[0]?.locations).toHaveLength(1);
  });

  it("include the resources that lose data and those that are left", () => {
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

  it("include the pages of runs that the CLI announces on stderr, not those that a script prints", () => {
    const lines = ["Run URL: https://h/?o=1#job/1/run/2", "Update URL: https://h/x", "Run URL: nowhere"];
    expect(factsOf(...lines).runUrls).toEqual(["https://h/?o=1#job/1/run/2", "https://h/x"]);
    expect(read(lines, "stdout").facts.runUrls).toEqual([]);
  });

  it("include what the CLI warns of in its log although it succeeds", () => {
    const { logWarnings } = factsOf(
      "Warn: Not waiting for creation of resources.apps.a (DATABRICKS_BUNDLE_RESOURCE_MAX_WAIT=0); it may still be in progress",
      "Warn: State was last deployed with CLI version 1.13.0 but current version is 1.11.0",
      "Warn: automatic migration to direct engine failed: no such resource",
      'Warn: Direct engine requested in bundle.engine but the existing state uses "terraform". Deploying on "terraform"',
      "Warn: Direct engine was requested but the dry-run migration reported issues; automatic migration to the direct deployment engine is stopped.",
      "Warn: Proceeding with destroy without a deployment lock: the folder is full",
      "Warn: something about an SDK",
      "Warn: post-deploy dry-run migration to direct: unsupported resource type",
    );
    expect(logWarnings).toHaveLength(6);
    expect(logWarnings[1]).toBe("State was last deployed with CLI version 1.13.0 but current version is 1.11.0");
  });

  it("include a crash, the last line, and a destroy that found nothing", () => {
    const crash = ["The Databricks CLI unexpectedly had a fatal error.", "", "Panic Payload: index out of range", ""];
    expect(factsOf(...crash)).toMatchObject({
      crash: "index out of range",
      lastLine: "Panic Payload: index out of range",
    });
    expect(factsOf("No active deployment found to destroy!")).toMatchObject({
      nothingDeployed: true,
      crash: undefined,
    });
    expect(factsOf("Deploying resources...").nothingDeployed).toBe(false);
  });

  it("include the first hundred errors, and the text of the first one", () => {
    const errors = Array.from({ length: 120 }, (_, index) => `Error: number ${index}`);
    const { facts } = read(["Warning: not one of them", "", ...errors]);
    expect(facts.errors.map(({ summary }) => summary)).toEqual(
      Array.from({ length: 100 }, (_, index) => `number ${index}`),
    );
    expect(facts.firstError).toBe("number 0");
  });
});

it("shows every line of output, and shows diagnostics on stderr as issues", () => {
  const lines = ["Uploading", "Error: wrong", "  in a.yml:1:2", "", "Deploying resources..."];
  expect(read(lines).shown).toEqual(["Uploading", "issue: wrong", "Deploying resources..."]);
  expect(read(lines, "stdout").shown).toEqual(lines);
});

it("searches a long line for settings in time", () => {
  const before = process.cpuUsage();
  expect(read([`Error: a${". Config: ".repeat(100_000)}`]).facts.errors).toHaveLength(1);
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(3_000);
});
