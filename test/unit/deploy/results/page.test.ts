import { describe, expect, it } from "vitest";
import { type Page, pageJson, pageMarkdown } from "../../../../tasks/DatabricksBundleDeploy/results/page.ts";

const page: Page = {
  verb: "deployed",
  bundle: "sales",
  target: "prod",
  mode: "production",
  workspaceUrl: "https://adb-1.7.azuredatabricks.net",
  identity: "1f2e",
  identityName: "se_cret deployer",
  warnings: ["Data of se_cret may be lost."],
  rootPath: "/Workspace/x",
  cliVersion: "1.13.0",
  engine: "direct",
  durationMs: 65_000,
  counts: "Resources: 1 updated",
  fileCounts: "Files: 7 uploaded, 0 deleted",
  resources: [
    { key: "jobs.same", action: "unchanged", name: "Same", id: "1", url: "https://h/jobs/1", fields: [] },
    {
      key: "jobs.a",
      action: "updated",
      name: "se_cret | job",
      id: "2",
      url: "https://h/jobs/2",
      fields: ["a", "b", "c", "d", "e", "f"],
    },
  ],
  listsResources: true,
  runs: [
    {
      key: "a",
      kind: "job",
      runId: "3",
      url: "https://h/jobs/2/runs/3",
      result: "FAILED",
      message: "se_cret",
      durationMs: 2000,
      tasks: [],
    },
  ],
};
const mask = (text: string) => text.replaceAll("se_cret", "***");

describe("A summary page", () => {
  it("shows changes first, escapes cells and hides secrets", () => {
    const text = pageMarkdown(page, mask);
    expect(text.indexOf("| `jobs.a` |")).toBeLessThan(text.indexOf("| `jobs.same` |"));
    expect(text).toContain("| updated: a, b, c, d, e, … (6) | [\\*\\*\\* \\| job](https://h/jobs/2) | 2 |");
    expect(text).toContain("| [a](https://h/jobs/2/runs/3) | FAILED: \\*\\*\\* | 2 s |");
    expect(text).toContain("| Duration | 1 min 5 s |");
    expect(text).toContain("\n\nFiles: 7 uploaded, 0 deleted\n\nResources: 1 updated\n\n");
    expect(text).toContain("| Service principal | \\*\\*\\* deployer \\(1f2e\\) |");
    expect(text).toContain("\n\n**Data of \\*\\*\\* may be lost.**\n\n");
  });

  it("shows keys as code, which no renderer makes a link, and escapes a key that is not one", () => {
    const row = { action: undefined, name: undefined, id: undefined, url: undefined, fields: [] };
    const keys = ["jobs.my_job", "jobs.`|x", "jobs.se_cret"];
    const text = pageMarkdown({ ...page, resources: keys.map((key) => ({ key, ...row })) }, mask);
    expect(text).toContain("| `jobs.my_job` |");
    expect(text).toContain("| jobs.\\`\\|x |");
    const done = { runId: undefined, url: undefined, result: "SUCCESS", message: "", durationMs: 0, tasks: [] };
    const run = { key: "apps.my_app", kind: "app" as const, ...done };
    expect(pageMarkdown({ ...page, runs: [run] }, mask)).toContain("| `apps.my_app` | SUCCESS |");
    expect(text).not.toContain("se_cret");
  });

  it("shows the tasks of runs that have several, the last attempt of each, those that did not succeed first, and no resources of a run alone", () => {
    const task = (key: string, state: string, attempt = 1) => {
      return { key, attempt, runId: "1", url: `https://h/jobs/2/runs/${key}`, state };
    };
    const [run] = page.runs;
    const one = { ...run, key: "one", tasks: [task("only", "SUCCESS")] };
    const two = {
      ...run,
      key: "two",
      tasks: [task("first", "SUCCESS", 2), task("first", "FAILED"), task("se_cret|b", "FAILED")],
    };
    const text = pageMarkdown({ ...page, listsResources: false, runs: [one, two] as Page["runs"] }, mask);
    expect(text).toContain(
      "| Run | Task | State |\n| --- | --- | --- |\n" +
        "| `two` | [\\*\\*\\*\\|b](https://h/jobs/2/runs/***%7Cb) | FAILED |\n| `two` | [first](https://h/jobs/2/runs/first) | SUCCESS |\n",
    );
    expect(text).not.toContain("only");
    expect(text).not.toContain("| Resource |");
  });

  it("shows a run that was only started", () => {
    const [run] = page.runs;
    const started = { ...run, result: "STARTED", message: "" };
    expect(pageMarkdown({ ...page, runs: [started] as Page["runs"] }, mask)).toContain("| started |");
  });

  it("escapes its title", () => {
    expect(pageMarkdown({ ...page, verb: "deployed, but the run of <b> did not succeed" }, mask)).toContain(
      "deployed, but the run of &lt;b&gt; did not succeed",
    );
  });

  it("writes JSON for programs, which hides secrets too", () => {
    const json = pageJson(page, mask);
    expect(json).not.toContain("se_cret");
    expect(JSON.parse(json)).toMatchObject({
      bundle: "sales",
      resources: [{ type: "jobs", key: "same", action: "unchanged" }, { name: "*** | job" }],
      runs: [{ result: "FAILED" }],
    });
  });
});
