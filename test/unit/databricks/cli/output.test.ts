import { describe, expect, it } from "vitest";
import { type Diagnostic, diagnosticReader } from "../../../../tasks/common/databricks/cli/diagnostics.ts";
import { deployReportReader } from "../../../../tasks/common/databricks/cli/output.ts";
import { isTooOld, watchCliVersion } from "../../../../tasks/common/databricks/cli/version.ts";
import { parseLockError } from "../../../../tasks/common/databricks/workspace/lock.ts";
import { pageOfRun, runOfUrl } from "../../../../tasks/common/databricks/workspace/runs.ts";

describe("The CLI's report of a deploy", () => {
  function parseDeployReport(lines: readonly string[]) {
    const reader = deployReportReader();
    for (const line of lines) reader.line(line);
    return reader.report();
  }

  it("names each resource from 1.13 on", () => {
    const report = parseDeployReport([
      "Building python_artifact...",
      "Uploading bundle files to /Workspace/Users/x/.bundle/b/dev/files...",
      "Uploading my-0.1-py3-none-any.whl...",
      "Created jobs.my_job",
      "Updated pipelines.refresh",
      "Recreated schemas.orders",
      "Deleted jobs.old",
      "Files: 7 uploaded, 0 deleted",
      "Resources: 2 created, 1 changed, 2 deleted, 4 unchanged, 2 not selected",
    ]);
    expect(report.complete).toBe(true);
    expect(Object.fromEntries(report.actions)).toEqual({
      "jobs.my_job": "created",
      "pipelines.refresh": "updated",
      "schemas.orders": "recreated",
      "jobs.old": "deleted",
    });
    expect(report.counts).toEqual({ created: 2, updated: 1, deleted: 2, unchanged: 4, notSelected: 2 });
  });

  it("is not complete before 1.13, nor where -q has taken its lines away", () => {
    const old = ["Uploading bundle files to /Workspace/x/files...", "Deploying resources...", "Deployment complete!"];
    expect(parseDeployReport(old).complete).toBe(false);
    expect(parseDeployReport(["Resources: 4 created, 0 changed, 0 deleted, 0 unchanged"]).complete).toBe(false);
    expect(parseDeployReport(["Resources: 0 created, 0 changed, 0 deleted, 3 unchanged"]).complete).toBe(true);
  });
});

describe("Diagnostics", () => {
  function read(text: string): { diagnostics: Partial<Diagnostic>[]; lines: string[] } {
    const diagnostics: Partial<Diagnostic>[] = [];
    const lines: string[] = [];
    const reader = diagnosticReader({
      onDiagnostic: ({ lines: _, ...rest }) => diagnostics.push(rest),
      onLine: (line) => lines.push(line),
    });
    for (const line of text.split("\n")) reader.line(line);
    reader.end();
    return { diagnostics, lines };
  }

  it("are taken out of the lines around them", () => {
    const text = `Uploading
Warning: unknown field: nam
  at resources.jobs.nightly
  in resources/jobs.yml:4:7

Error: two of them
  at resources.jobs.a
     resources.jobs.b
  in ../shared/a b.yml:1:2
     other.yml:3:4

  detail of it
Deploying resources...`;
    expect(read(text)).toEqual({
      diagnostics: [
        {
          severity: "warning",
          summary: "unknown field: nam",
          paths: ["resources.jobs.nightly"],
          location: { file: "resources/jobs.yml", line: 4, column: 7 },
        },
        {
          severity: "error",
          summary: "two of them",
          paths: ["resources.jobs.a", "resources.jobs.b"],
          location: { file: "../shared/a b.yml", line: 1, column: 2 },
        },
      ],
      lines: ["Uploading", "  detail of it", "Deploying resources..."],
    });
  });

  it("may have no place, several lines, and no end but that of the output", () => {
    const { diagnostics, lines } = read("Error: first line\nsecond line\nWarn: part of it");
    expect(diagnostics).toEqual([
      { severity: "error", summary: "first line\nsecond line\nWarn: part of it", paths: [], location: undefined },
    ]);
    expect(lines).toEqual([]);
  });

  it("do not hold back a program that goes on after the word Error", () => {
    const { lines } = read(`Error: x\n${Array.from({ length: 100 }, (_, index) => `line ${index}`).join("\n")}`);
    expect(lines).toHaveLength(61);
  });
});

describe("The holder of a lock", () => {
  const acquiredAt = new Date("2026-11-23T20:15:01Z");

  it.each([
    "Error: deploy lock acquired by 1f2e at 2026-11-23 20:15:01.524210897 +0000 UTC.\nAnother deployment may be in progress. Use --force-lock to override",
    "Error: deploy lock acquired by 1f2e at 2026-11-23 22:15:01 +0200 CEST. Use --force-lock to override",
    "Error: deploy lock force-acquired by 1f2e at 2026-11-23 20:15:01.5 +0000 UTC.\nAnother",
    "Error: deploy lock force acquired by 1f2e at 2026-11-23 20:15:01.5 +0000 UTC. Use --force-lock to override",
  ])("is read from %j", (text) => {
    expect(parseLockError(text)).toEqual({ user: "1f2e", acquiredAt });
  });
});

describe("The version of the CLI", () => {
  it("is learnt from its requests", () => {
    const watch = watchCliVersion();
    expect(watch.refusal("databricks-sdk-py/0.156.0 python/3.12")).toBeUndefined();
    expect(watch.seen()).toBeUndefined();
    expect(watch.refusal("cli/1.13.0 databricks-sdk-go/0.171.0 go/1.26 os/linux")).toBeUndefined();
    expect(watch.seen()).toBe("1.13.0");
    expect(watch.refusal("cli/0.270.0 databricks-sdk-go/0.80.0")).toMatch(/0\.270\.0 is older than 0\.299\.0/);
  });

  it("is compared number by number", () => {
    expect(["0.99.0", "0.298.9", "0.200.100"].filter((version) => !isTooOld(version))).toEqual([]);
    expect(["0.299.0", "0.299.10", "0.1000.0", "1.0.0", "0.0.0"].filter(isTooOld)).toEqual([]);
  });
});

describe("URLs of runs", () => {
  const host = "https://adb-1.7.azuredatabricks.net";
  it.each([
    [`${host}/jobs/11/runs/22?o=1`, { kind: "job", jobId: 11, runId: 22 }],
    [`${host}/?o=1#job/11/run/22`, { kind: "job", jobId: 11, runId: 22 }],
    [`${host}/#joblist/pipelines/a-b/updates/c-d`, { kind: "pipeline", pipelineId: "a-b", updateId: "c-d" }],
    [`${host}/pipelines/a-b/updates/c-d?w=1`, { kind: "pipeline", pipelineId: "a-b", updateId: "c-d" }],
    [`${host}/jobs/11`, undefined],
  ])("%s", (url, run) => {
    expect(runOfUrl(url)).toEqual(run);
  });

  it("are composed for another host name of the workspace", () => {
    const pages = [
      "https://westeurope.azuredatabricks.net/?o=1#job/11/run/22",
      `${host}/#joblist/pipelines/a/updates/b`,
    ];
    expect(pages.map((url) => runOfUrl(url)).map((run) => run && pageOfRun(host, run))).toEqual([
      `${host}/jobs/11/runs/22`,
      `${host}/pipelines/a/updates/b`,
    ]);
  });
});
