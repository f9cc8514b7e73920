import { describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.ts";
import type { RunResult } from "../../lab/workspace/workspace.ts";
import { addScript, bundleOf, job } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { cancelAt } from "../steps/checkout.ts";
import { writeNotedCli, writeScriptedCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

const runnable = bundleOf(
  "runs",
  `${job("first", "First")}
pipelines:
  second:
    name: Second
    serverless: true
    catalog: main
    libraries:
      - notebook:
          path: ./src/step.py`,
);

describe.each(taskNodes)("Runs after a deploy on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);

  it("runs jobs and pipelines in order, with their URLs and states", { tags: "windows" }, async () => {
    const { run } = await checkout(runnable);
    const { release } = lab.workspace.runs({ hold: true });
    const onLine = (line: string) => void (line.includes("RUNNING") && release());
    const step = await run({ run: "first\npipelines.second" }, { onLine });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    const urls = step.outputs["runUrls"]?.split("\n") ?? [];
    expect(urls).toEqual([
      expect.stringMatching(/^https:.*\/jobs\/\d+\/runs\/\d+/),
      expect.stringMatching(/pipelines\/[\w-]+\/updates\/[\w-]+$/),
    ]);
    expect(step.text).toMatch(
      /Running first[\s\S]*Run URL: [\s\S]*RUNNING[\s\S]*TERMINATED SUCCESS[\s\S]*Running pipelines\.second/,
    );
    expect(step.page).toMatch(/\| \[first\]\(https:.*\) \| SUCCESS \|/);
  });

  it("shows the states of a pipeline's update", async () => {
    const { run } = await checkout(runnable);
    lab.workspace.runs({ lastForMs: 600 });
    const step = await run({ run: "second" });
    expect(step.result).toBe("Succeeded");
    expect(step.text).toMatch(/Update URL: [\s\S]*update_progress INFO "Update \w+ is RUNNING[\s\S]*COMPLETED/);
  });

  const results: RunResult[] = [
    "FAILED",
    "SUCCESS_WITH_FAILURES",
    "TIMEDOUT",
    "CANCELED",
    "INTERNAL_ERROR",
    "SKIPPED",
    "UPSTREAM_FAILED",
    "MAXIMUM_CONCURRENT_RUNS_REACHED",
  ];

  it.each(results)("fails when a job's run ends in %s, and starts no further run", async (result) => {
    const { run } = await checkout(runnable);
    lab.workspace.runs({ result, message: "the reason" });
    const step = await run({ run: "first\nsecond" });
    expect(step.result).toBe("Failed");
    expect(step.errors.at(-1)).toMatch(
      new RegExp(`was deployed, but the run of first ended with ${result}: the reason\\.\\s.*https:.*#run-failed`, "s"),
    );
    expect(step.outputs["runUrls"]?.split("\n")).toHaveLength(1);
    expect(step.outputs["summaryPath"]).toBeDefined();
    expect(step.log).not.toContainEqual(expect.stringMatching(/Running second/));
  });

  it("fails when a pipeline's update fails", async () => {
    const { run } = await checkout(runnable);
    lab.workspace.runs({ result: "FAILED", message: "no such table" });
    const step = await run({ run: "second" });
    expect(step.errors.at(-1)).toMatch(/run of second ended with FAILED: .*no such table/s);
    expect(step.text).toContain("no such table");
  });

  it("names a key that the bundle does not have, before it deploys", { tags: "linux" }, async () => {
    const { cli, commands } = await writeNotedCli(lab);
    const { run } = await checkout(runnable, { agent: { cli } });
    const step = await run({ run: "first\nthird" });
    expect(step.errors).toEqual([
      expect.stringMatching(
        /^run: the bundle does not contain a job, pipeline, app or script with the key third\. Nothing was deployed\.\s.*jobs\.first, pipelines\.second\.\s.*#inputs/s,
      ),
    ]);
    expect(commands()).toEqual(["bundle summary"]);
  });

  it("asks the workspace for a run's result whatever host its page has, and outputs URLs with the workspace's own host", {
    tags: "linux",
  }, async () => {
    const cli = await announcing(lab, "s#URL: https://[^/]*#URL: https://westeurope.azuredatabricks.net#");
    const { run } = await checkout(runnable, { agent: { cli } });
    lab.workspace.runs({});
    const step = await run({ run: "first\nsecond" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.log).toContainEqual(expect.stringMatching(/Run URL: https:..westeurope/));
    const urls = step.outputs["runUrls"]?.split("\n").map((url) => url.replace(/[\w-]*\d[\w-]*$/, "*"));
    expect(urls).toEqual([
      expect.stringMatching(new RegExp(`^${lab.workspace.url}/jobs/\\d+/runs/\\*$`)),
      expect.stringMatching(new RegExp(`^${lab.workspace.url}/pipelines/[\\w-]+/updates/\\*$`)),
    ]);
    const { release } = lab.workspace.runs({ hold: true });
    const canceled = await run({ run: "first" }, cancelAt("RUNNING"));
    release();
    expect(canceled.log).toContainEqual(expect.stringContaining(`Canceled the run: ${lab.workspace.url}/jobs/`));
  });

  it("reports an unknown result for a run that the CLI did not name", { tags: "linux" }, async () => {
    const cli = await announcing(lab, "/URL: /d");
    const { run } = await checkout(runnable, { agent: { cli } });
    lab.workspace.runs({});
    const step = await run({ run: "first\nsecond" });
    expect(step.errors.at(-1)).toMatch(
      /result of the run of first is unknown: the CLI did not report a run, so the task cannot check its result\./,
    );
  });

  it("does not take the run of another resource, which a script of the bundle prints, for its own", async () => {
    const { run, folder } = await checkout(runnable);
    lab.workspace.runs({});
    const before = await run({ run: "first\nsecond" });
    const [first = "", second = ""] = before.outputs["runUrls"]?.split("\n") ?? [];
    addScript(folder, `echo "Run URL: ${first}"; echo "Update URL: ${second}"`);
    lab.workspace.runs({ result: "FAILED", message: "the reason" });
    const step = await run({ run: "second" });
    expect(step.errors.at(-1)).toMatch(/run of second ended with FAILED/);
  });

  it("cancels its own run when the step is canceled", { tags: "windows" }, async () => {
    const { run } = await checkout(runnable);
    const { release } = lab.workspace.runs({ hold: true });
    const [step, { workspace }] = await requests(() => run({ run: "first" }, cancelAt("RUNNING")));
    release();
    expect(step.result).toBe("Canceled");
    expect(step.log).toContainEqual(expect.stringMatching(/Canceled the run: https:/));
    expect(workspace.map(({ path }) => path)).toContainEqual(expect.stringMatching(/jobs\/runs\/cancel/));
    // The agent did not have to kill the task.
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ bundleName: "runs", summaryPath: expect.stringMatching(/\.json$/) });
    expect(step.outputs["runUrls"]).toMatch(/\/jobs\/\d+\/runs\/\d+/);
    expect(step.page).toMatch(/\| `jobs\.first` \| deployed \|/);
    expect(step.page).toMatch(/\| \[first\]\(https:.*\) \| CANCELED \|/);
  });

  it("warns when it could not cancel its own run", async () => {
    const { run } = await checkout(runnable);
    const { release } = lab.workspace.runs({ hold: true });
    lab.workspace.fault({ method: "POST", path: /jobs\/runs\/cancel/ }, { status: 403 });
    const step = await run({ run: "first" }, cancelAt("RUNNING"));
    release();
    expect(step.warnings).toContainEqual(expect.stringContaining("could not be canceled"));
    expect(step.page).toMatch(/\| UNKNOWN: it could not be canceled and may still be running \|/);
  });
});

/** Writes a script that runs the lab's CLI and edits its stderr with sed. */
async function announcing(lab: Lab, edit: string): Promise<string> {
  return writeScriptedCli(`'${await lab.programs.cli()}' "$@" 2> >(exec sed -u '${edit}' >&2)\n`);
}
