import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../../lab/lab.ts";
import type { RunResult } from "../../lab/workspace/workspace.ts";
import { bundleOf, job } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { errorsOf, scriptedCli, withCheckout } from "./step.ts";

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
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab(console.log);
  });

  afterAll(() => lab?.close());

  it("runs jobs and pipelines in order, with their URLs and states", () =>
    withCheckout(lab, node, runnable, async ({ run }) => {
      lab.workspace.runs({});
      const step = await run({ run: "first\npipelines.second" });
      expect(step).toMatchObject({ result: "Succeeded", issues: [] });
      const urls = step.outputs["runUrls"]?.split("\n") ?? [];
      expect(urls).toEqual([
        expect.stringMatching(/^https:.*\/jobs\/\d+\/runs\/\d+/),
        expect.stringMatching(/pipelines\/[\w-]+\/updates\/[\w-]+$/),
      ]);
      const log = step.log.join("\n");
      expect(log).toMatch(
        /Running first[\s\S]*Run URL: [\s\S]*RUNNING[\s\S]*TERMINATED SUCCESS[\s\S]*Running pipelines\.second/,
      );
      expect(step.summaries[0]?.content).toMatch(/\| \[first\]\(https:.*\) \| SUCCESS \|/);
    }));

  it("shows the states of a pipeline's update", () =>
    withCheckout(lab, node, runnable, async ({ run }) => {
      lab.workspace.runs({ lastForMs: 600 });
      const step = await run({ run: "second" });
      expect(step.result).toBe("Succeeded");
      expect(step.log.join("\n")).toMatch(
        /Update URL: [\s\S]*update_progress INFO "Update \w+ is RUNNING[\s\S]*COMPLETED/,
      );
    }));

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

  it.each(results)("fails when a job's run ends in %s, and starts no further run", (result) =>
    withCheckout(lab, node, runnable, async ({ run }) => {
      lab.workspace.runs({ result, message: "the reason" });
      const step = await run({ run: "first\nsecond" });
      expect(step.result).toBe("Failed");
      expect(errorsOf(step).at(-1)).toMatch(
        new RegExp(`is deployed, but the run of first ended in ${result}: .*https:.*#run-failed`, "s"),
      );
      expect(step.outputs["runUrls"]?.split("\n")).toHaveLength(1);
      expect(step.outputs["summaryPath"]).toBeDefined();
      expect(step.log).not.toContainEqual(expect.stringMatching(/Running second/));
    }),
  );

  it("fails when a pipeline's update fails", () =>
    withCheckout(lab, node, runnable, async ({ run }) => {
      lab.workspace.runs({ result: "FAILED", message: "no such table" });
      const step = await run({ run: "second" });
      expect(errorsOf(step).at(-1)).toMatch(/run of second ended in FAILED: .*no such table/);
      expect(step.log.join("\n")).toContain("no such table");
    }));

  it("names a key that the bundle does not have", () =>
    withCheckout(lab, node, runnable, async ({ run }) => {
      const step = await run({ run: "third" });
      expect(errorsOf(step).at(-1)).toMatch(
        /run of third ended in FAILED: .*third.*; the bundle has jobs\.first, pipelines\.second\./,
      );
    }));

  it("believes the workspace whatever host name a run's page has, and hands on its own", async () => {
    const cli = await announcing(lab, "s#URL: https://[^/]*#URL: https://westeurope.azuredatabricks.net#");
    await withCheckout(
      lab,
      node,
      runnable,
      async ({ run }) => {
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
        const cancel = new AbortController();
        const cancelled = await run(
          { run: "first" },
          { cancel: cancel.signal, onLine: (line) => void (line.includes("RUNNING") && cancel.abort()) },
        );
        release();
        expect(cancelled.log).toContainEqual(
          expect.stringContaining(`The run was cancelled: ${lab.workspace.url}/jobs/`),
        );
      },
      { cli },
    );
  });

  it("says that it does not know how a run ended that the CLI did not name", async () => {
    const cli = await announcing(lab, "/URL: /d");
    await withCheckout(
      lab,
      node,
      runnable,
      async ({ run }) => {
        lab.workspace.runs({});
        const step = await run({ run: "first\nsecond" });
        expect(errorsOf(step).at(-1)).toMatch(
          /run of first ended in UNKNOWN: the CLI named no run that the workspace could be asked about\./,
        );
      },
      { cli },
    );
  });

  it("cancels its own run when the step is cancelled", () =>
    withCheckout(lab, node, runnable, async ({ run }) => {
      const { release } = lab.workspace.runs({ hold: true });
      const cancel = new AbortController();
      const before = lab.workspace.requests.length;
      const step = await run(
        { run: "first" },
        { cancel: cancel.signal, onLine: (line) => void (line.includes("RUNNING") && cancel.abort()) },
      );
      release();
      expect(step.result).toBe("Canceled");
      expect(step.log).toContainEqual(expect.stringMatching(/The run was cancelled: https:/));
      expect(lab.workspace.requests.slice(before).map(({ path }) => path)).toContainEqual(
        expect.stringMatching(/jobs\/runs\/cancel/),
      );
      expect(step.durationMs).toBeLessThan(9_000);
      expect(step.outputs).toMatchObject({ bundleName: "runs", summaryPath: expect.stringMatching(/\.json$/) });
      expect(step.outputs["runUrls"]).toMatch(/\/jobs\/\d+\/runs\/\d+/);
      expect(step.summaries[0]?.content).toMatch(/\| jobs\.first \| (created|unchanged) \|/);
      expect(step.summaries[0]?.content).toMatch(/\| \[first\]\(https:.*\) \| CANCELED \|/);
    }));

  it("says so when it could not cancel it", () =>
    withCheckout(lab, node, runnable, async ({ run }) => {
      const { release } = lab.workspace.runs({ hold: true });
      lab.workspace.fault({ method: "POST", path: /jobs\/runs\/cancel/ }, { status: 403 });
      const cancel = new AbortController();
      const step = await run(
        { run: "first" },
        { cancel: cancel.signal, onLine: (line) => void (line.includes("RUNNING") && cancel.abort()) },
      );
      release();
      expect(step.issues).toContainEqual(
        expect.objectContaining({ type: "warning", message: expect.stringContaining("could not be cancelled") }),
      );
      expect(step.summaries[0]?.content).toMatch(/\| UNKNOWN: it could not be cancelled and may go on \|/);
    }));
});

/** The lab's CLI, its stderr edited with sed. */
async function announcing(lab: Lab, edit: string): Promise<string> {
  return scriptedCli(`'${await lab.programs.cli()}' "$@" 2> >(exec sed -u '${edit}' >&2)\n`);
}
