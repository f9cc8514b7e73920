import { describe, expect, it } from "vitest";
import { pageOfRun, runOfUrl } from "../../../../tasks/common/databricks/workspace/runs.ts";

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
    expect(
      pages.map((url) => runOfUrl(url)).map((run) => run && pageOfRun({ host, workspaceId: undefined }, run)),
    ).toEqual([`${host}/jobs/11/runs/22`, `${host}/pipelines/a/updates/b`]);
  });

  it("name the workspace where the host is a custom URL", () => {
    const custom = { host: "https://acme.databricks.com", workspaceId: "123" };
    expect(pageOfRun(custom, { kind: "job", jobId: 11, runId: 22 })).toBe(
      "https://acme.databricks.com/jobs/11/runs/22?o=123",
    );
  });
});
