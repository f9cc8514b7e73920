import fs from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { bundleOf, job as jobOf, manyTasks } from "../bundles/bundles.ts";
import { localPath } from "../harness.ts";
import { taskNodesWithCli } from "../nodes.ts";
import { cancelAt } from "../steps/checkout.ts";
import { useLab } from "../use-lab.ts";

/** A job with parameters and two tasks, one without parameters, a pipeline, an app, and a script. */
const bundle = (name: string) => ({
  ...bundleOf(
    name,
    `jobs:
  nightly:
    name: Nightly
    parameters:
      - name: date
        default: today
      - name: region
        default: emea
    tasks:
      - task_key: load
        notebook_task:
          notebook_path: ./src/step.py
      - task_key: report
        depends_on:
          - task_key: load
        notebook_task:
          notebook_path: ./src/step.py
  plain:
    name: Plain
    tasks:
      - task_key: step
        notebook_task:
          notebook_path: ./src/step.py
pipelines:
  tables:
    name: Tables
    serverless: true
    catalog: main
    libraries:
      - notebook:
          path: ./src/step.py
apps:
  web:
    name: web-${name}
    source_code_path: ./app`,
    `scripts:
  smoke:
    content: |
      echo "checked $REGION$SECRET_REGION"
`,
  ),
  "app/app.py": "print(1)\n",
});

interface Requested {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** What arrived at an address of the API, as JSON. */
const bodiesOf = (requests: readonly Requested[], path: RegExp) =>
  requests.filter((one) => one.method === "POST" && path.test(one.path)).map(({ body }) => JSON.parse(body ?? "null"));

/** Requests that change a workspace. */
const changes = (requests: readonly Requested[]) =>
  requests.filter(({ method, path }) => method !== "GET" && !path.includes("telemetry"));

describe.each(taskNodesWithCli)("command: run on $name", ({ path: node, cli }) => {
  const { lab, checkout, requests } = useLab(node, { cli });

  /** A new agent with the bundle, which an earlier agent has deployed to prod. */
  async function deployed(name: string) {
    const before = await checkout(bundle(name));
    const step = await before.run({ target: "prod" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    const { run, folder } = await checkout(bundle(name));
    return {
      folder,
      deploy: step,
      run: (lines: string, more = {}, settings = {}) =>
        run({ command: "run", target: "prod", run: lines, ...more }, settings),
    };
  }

  it("runs a job with parameters on a new agent, without deploying", { tags: "windows" }, async () => {
    const { run } = await deployed("with-parameters");
    lab.workspace.runs({});
    const [step, { workspace }] = await requests(() =>
      run(`nightly --params date=2026-01-31 --params "region=a b" --only load`),
    );
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(bodiesOf(workspace, /jobs\/run-now$/)).toEqual([
      { job_id: expect.anything(), job_parameters: { date: "2026-01-31", region: "a b" }, only: ["load"] },
    ]);
    expect(changes(workspace)).toHaveLength(1);
    expect(step.log).toContainEqual("Running nightly --params=date=2026-01-31 --params=region=a b --only=load");
    expect(step.outputs["runUrls"]).toMatch(/^https:.*\/jobs\/\d+\/runs\/\d+\?o=\d+$/);
    expect(step.page).toMatch(/^### Databricks bundle with-parameters: runs succeeded\n/);
    expect(step.page).toMatch(/\| \[nightly\]\(https:.*\) \| SUCCESS \|/);
    expect(step.page).not.toContain("| Resource |");
  });

  it("warns of values that only a deploy would give to the run", async () => {
    const parameters = "    parameters:\n      - name: date\n        default: $" + "{var.date}\n";
    const files = bundleOf("outdated", `${jobOf("a", "A")}\n${parameters}`, "variables:\n  date:\n    default: old\n");
    await (await checkout(files)).run({ target: "prod" });
    const { run } = await checkout(files);
    lab.workspace.runs({});
    const inputs = { command: "run", target: "prod", variables: "date=new" };
    const step = await run({ ...inputs, run: "a" });
    expect(step.result).toBe("Succeeded");
    expect(step.warnings).toEqual([
      expect.stringMatching(
        /^The run of a gets the deployed values of date, not those that the bundle has now, because/,
      ),
    ]);
    expect(await run({ ...inputs, run: "a --params date=new" })).toMatchObject({ result: "Succeeded", issues: [] });
    expect(await run({ ...inputs, variables: "date=old", run: "a" })).toMatchObject({ issues: [] });
  });

  it("hands on the runs with their tasks, and the IDs of all resources", async () => {
    const { run, deploy } = await deployed("outputs");
    lab.workspace.runs({});
    const step = await run("nightly\npipelines.tables");
    const { runs, resources } = JSON.parse(fs.readFileSync(localPath(step.outputs["summaryPath"] ?? ""), "utf8"));
    const [jobUrl, pipelineUrl] = step.outputs["runUrls"]?.split("\n") ?? [];
    const task = {
      attempt: 1,
      runId: expect.stringMatching(/^\d+$/),
      url: expect.stringMatching(/^https:.*\/jobs\/\d+\/runs\/\d+$/),
    };
    expect(runs).toEqual([
      {
        key: "nightly",
        kind: "job",
        runId: /runs\/(\d+)/.exec(jobUrl ?? "")?.[1],
        url: jobUrl,
        result: "SUCCESS",
        message: "",
        durationMs: expect.any(Number),
        tasks: [
          { key: "load", ...task, state: "SUCCESS" },
          { key: "report", ...task, state: "SUCCESS" },
        ],
      },
      {
        key: "pipelines.tables",
        kind: "pipeline",
        runId: /updates\/([\w-]+)/.exec(pipelineUrl ?? "")?.[1],
        url: pipelineUrl,
        result: "SUCCESS",
        message: "",
        durationMs: expect.any(Number),
        tasks: [],
      },
    ]);
    const ids = JSON.parse(step.outputs["resourceIds"] ?? "");
    expect(Object.keys(ids).sort()).toEqual(["apps.web", "jobs.nightly", "jobs.plain", "pipelines.tables"]);
    expect(jobUrl).toContain(`/jobs/${ids["jobs.nightly"]}/`);
    expect(JSON.parse(deploy.outputs["resourceIds"] ?? "")).toEqual(ids);
    expect(resources).toContainEqual({
      type: "jobs",
      key: "plain",
      name: "Plain",
      id: ids["jobs.plain"],
      url: expect.any(String),
    });
  });

  it("runs a pipeline with a refresh, and a job with arguments", async () => {
    const { run } = await deployed("refreshed");
    lab.workspace.runs({});
    const lines = [
      "tables --refresh a,b --full-refresh c",
      "tables --validate-only",
      "nightly -- --date 1",
      "plain -- --p 2",
    ];
    const [step, { workspace }] = await requests(() => run(lines.join("\n")));
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(bodiesOf(workspace, /\/updates$/)).toEqual([
      { refresh_selection: ["a", "b"], full_refresh_selection: ["c"] },
      { validate_only: true },
    ]);
    expect(bodiesOf(workspace, /jobs\/run-now$/)).toEqual([
      { job_id: expect.anything(), job_parameters: { date: "1" } },
      { job_id: expect.anything(), notebook_params: { p: "2" } },
    ]);
  });

  it("restarts a job, and cancels the run that is active", async () => {
    const { run } = await deployed("restarted");
    const first = lab.workspace.runs({ hold: true });
    expect(await run("plain", { noWait: "true" })).toMatchObject({ result: "Succeeded" });
    lab.workspace.runs({});
    const [step, { workspace }] = await requests(() => run("plain --restart"));
    first.release();
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(changes(workspace).map(({ path }) => path.split("/").at(-1))).toEqual(["cancel", "run-now"]);
  });

  it("runs an app and a script, which reads a variable of the step", async () => {
    const { run } = await deployed("app-and-script");
    const [step, { workspace }] = await requests(() =>
      run("web\nsmoke", {}, { env: { REGION: "em", SECRET_REGION: "ea" } }),
    );
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(bodiesOf(workspace, /\/apps\/web-app-and-script\/deployments$/)).toHaveLength(1);
    expect(step.log).toContainEqual("checked emea");
    expect(step.page).toContain("| `smoke` | SUCCESS |");
  });

  it("runs a script of a bundle that is not deployed, and fails with it", async () => {
    const { run } = await checkout(bundleOf("only-scripts", "jobs: {}", "scripts:\n  fails:\n    content: exit 3\n"));
    const step = await run({ command: "run", run: "fails" });
    expect(step.errors).toEqual([
      expect.stringMatching(/^The run of fails ended with exit code 3\.\s+See the CLI output above\./),
    ]);
    expect(step.outputs["resourceIds"]).toBe("{}");
    expect(step.page).toContain("the run of fails did not succeed");
  });

  it("only starts runs with noWait", { tags: "windows" }, async () => {
    const { run } = await deployed("no-wait");
    const { release } = lab.workspace.runs({ hold: true });
    const [step, { workspace }] = await requests(() =>
      run("nightly --params date=1\ntables --refresh-all", { noWait: "true" }),
    );
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(changes(workspace).map(({ path }) => path.split("/").at(-1))).toEqual(["run-now", "updates"]);
    expect(step.log).toContainEqual("Starting nightly --params=date=1 --no-wait");
    expect(step.outputs["runUrls"]?.split("\n")).toHaveLength(2);
    expect(step.page).toMatch(/^### Databricks bundle no-wait: runs started\n/);
    expect(step.page).toMatch(/\| \[tables\]\(https:.*\) \| started \|/);
    const { runs } = JSON.parse(fs.readFileSync(localPath(step.outputs["summaryPath"] ?? ""), "utf8"));
    expect(runs).toMatchObject([{ result: "STARTED", runId: expect.any(String) }, { result: "STARTED" }]);
    release();
  });

  it("deploys, and only starts runs with noWait", async () => {
    const { run } = await checkout(bundle("deploys-and-starts"));
    const { release } = lab.workspace.runs({ hold: true });
    const step = await run({ target: "prod", run: "plain", noWait: "true" });
    release();
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.page).toMatch(/^### Databricks bundle deploys-and-starts: deployed\n/);
    expect(step.page).toMatch(/\| \[plain\]\(https:.*\) \| started \|/);
    expect(step.outputs["runUrls"]).toMatch(/\/runs\/\d+/);
  });

  it("fails with noWait if a run cannot be started", async () => {
    const { run } = await deployed("not-started");
    const body = { error_code: "PERMISSION_DENIED", message: "not yours to run" };
    lab.workspace.fault({ method: "POST", path: /jobs\/run-now$/ }, { status: 403, body });
    const step = await run("plain\nnightly", { noWait: "true" });
    expect(step.errors).toEqual([expect.stringMatching(/^The CLI did not report a run of plain: .*not yours to run/)]);
    expect(step.outputs["runUrls"]).toBe("");
  });

  it.each([
    [
      "nightly\nnigthly",
      {},
      /^run: the bundle does not contain .* with the key nigthly\. Nothing was started\.\s+Use one of these keys: apps\.web, jobs\.nightly, jobs\.plain, pipelines\.tables, smoke\./,
    ],
    [
      "nightly\ntables --params a=b",
      {},
      /^run: tables is a pipeline, which does not have --params\. It has --refresh, .* Nothing was started\./,
    ],
    [
      "nightly --python-params a",
      {},
      /^run: nightly has job parameters, which exclude --python-params\. Use --params\. Nothing was started\./,
    ],
    [
      "plain\nsmoke -- a",
      {},
      /^run: smoke is a script, to which the CLI passes no arguments\. Set a variable in env of this step/,
    ],
    [
      "plain\nweb",
      { noWait: "true" },
      /^noWait: web cannot be only started, because the CLI waits for apps and scripts\. Nothing was started\./,
    ],
  ])("refuses before anything is started: %s %o", async (lines, more, problem) => {
    const { run } = await deployed("refused");
    const [step, { workspace }] = await requests(() => run(lines, more));
    expect(step.errors).toEqual([expect.stringMatching(problem)]);
    expect(changes(workspace)).toEqual([]);
  });

  it.each([
    ["nightly --params date", /run: nightly: "date" after --params does not have the form name=value/],
    [
      "nightly --params date=1,region=2,x",
      /^run: "databricks bundle run" does not accept them: invalid argument "date=1,region=2,x"/,
    ],
    ["plain --restart=maybe", /^run: "databricks bundle run" does not accept them: invalid argument "maybe"/],
    ["plain --no-wait", /run: plain: --no-wait is not allowed: use the input noWait\./],
    ["plain --var=a=b", /run: plain: --var is not allowed: use the input variables\./],
  ])("refuses before any request: %s", async (line, problem) => {
    const { run } = await checkout(bundle("wrong"));
    const [step, { workspace, entra }] = await requests(() => run({ command: "run", run: line }));
    expect(step.errors).toEqual([expect.stringMatching(problem)]);
    expect([...workspace, ...entra]).toEqual([]);
  });

  it("refuses what is not deployed, with the keys that are", async () => {
    const { run } = await checkout(bundle("absent"));
    const step = await run({ command: "run", target: "prod", run: "nightly\nplain" });
    expect(step.errors).toEqual([
      expect.stringMatching(
        /^run: the target prod has no deployed resource with the key nightly, plain, and command: run does not deploy\. Nothing was started\.\s+Run a step with command: deploy first, .* This step can run: smoke\./,
      ),
    ]);
    await run({ target: "prod", arguments: "--select jobs.plain" });
    const part = await run({ command: "run", target: "prod", run: "nightly" });
    expect(part.errors).toEqual([
      expect.stringMatching(/key nightly, and command.* This step can run: jobs\.plain, smoke\./s),
    ]);
  });

  it("fails with a run that fails, and starts no further one", async () => {
    const { run } = await deployed("failing");
    lab.workspace.runs({ result: "FAILED", message: "the reason" });
    const step = await run("nightly\nplain");
    expect(step.errors.at(-1)).toMatch(
      /^The run of nightly ended with FAILED: the reason\.\s+See https:.*#run-failed/s,
    );
    expect(step.log).not.toContainEqual("Running plain");
    expect(step.page).toMatch(/: the run of nightly did not succeed\n/);
    expect(step.page).toMatch(/\| `nightly` \| \[load\]\(https:.*\) \| FAILED \|/);
  });

  it("starts all runs again, without deploying, when the agent repeats the failed step", async () => {
    const { run } = await deployed("repeated");
    lab.workspace.runs({ result: "FAILED" });
    const onLine = (text: string) => void (text.includes("The run of plain ended") && lab.workspace.runs({}));
    const repeated = { retryCountOnTaskFailure: 1, onLine };
    const [step, { workspace }] = await requests(() => run("plain\nnightly", {}, repeated));
    expect(step.result).toMatch(/^Succeeded/);
    expect(changes(workspace).map(({ path }) => path.split("/").at(-1))).toEqual(["run-now", "run-now", "run-now"]);
    expect(step.outputs["runUrls"]?.split("\n")).toHaveLength(2);
  });

  it.each([
    ["cancels its run when the step is canceled", {}, "Canceled the run: ", "CANCELED"],
    [
      "lets its run go on with cancelRuns: false",
      { cancelRuns: "false" },
      "The run goes on, because cancelRuns is false: ",
      "UNKNOWN",
    ],
  ])("%s", async (_, more, line, result) => {
    const { run } = await deployed("canceled");
    const { release } = lab.workspace.runs({ hold: true });
    const [step, { workspace }] = await requests(() =>
      run("nightly --params date=1\nplain", more, cancelAt("RUNNING")),
    );
    release();
    expect(step).toMatchObject({ result: "Canceled", exitCode: 0 });
    expect(step.log).toContainEqual(expect.stringMatching(new RegExp(`^${line}https:`)));
    expect(workspace.filter(({ path }) => path.includes("runs/cancel"))).toHaveLength(result === "CANCELED" ? 1 : 0);
    expect(step.page).toMatch(new RegExp(`\\| \\[nightly\\]\\(https:.*\\) \\| ${result}`));
    expect(step.outputs["runUrls"]).toMatch(/\/runs\/\d+\?o=\d+$/);
  });
});

describe.each(taskNodesWithCli)("The tasks of a run on $name", ({ path: node, cli }) => {
  const { lab, checkout } = useLab(node, { cli });
  const line = (task: string, what: string) =>
    expect.stringMatching(new RegExp(`^Task ${task} ${what}: ${lab.workspace.url}/jobs/\\d+/runs/\\d+$`));
  const ofTasks = (log: readonly string[]) => log.filter((text) => /^Task \w/.test(text));

  it("are shown with their states as they change, each once, with links", async () => {
    const { run } = await checkout(bundle("states"));
    const never = 3_600_000;
    const [load, report] = [
      { from: 0, until: never },
      { from: never, until: never, result: "FAILED" as const },
    ];
    const { release } = lab.workspace.runs({ hold: true, result: "FAILED", tasks: { load, report } });
    // Each state ends when it has been shown.
    const onLine = (text: string) => {
      if (text.startsWith("Task load is RUNNING")) [load.until, report.from] = [0, 0];
      if (!text.startsWith("Task report is RUNNING")) return;
      report.until = 0;
      release();
    };
    const step = await run({ run: "nightly" }, { onLine });
    expect(ofTasks(step.log)).toEqual([
      line("load", "is RUNNING"),
      line("load", "ended with SUCCESS"),
      line("report", "is RUNNING"),
      line("report", "ended with FAILED"),
    ]);
    expect(step.errors.at(-1)).toMatch(/the run of nightly ended with FAILED/);
  });

  it.each([403, 503])("never change the result: the workspace answers the step with %i", async (status) => {
    const { run } = await checkout(bundle("unreported"));
    const { release } = lab.workspace.runs({ hold: true });
    const ofStep = /databricks-bundle-deploy/;
    const fault = lab.workspace.fault({ path: /jobs\/runs\/get\b/, userAgent: ofStep }, { status }, 100);
    const running = run({ run: "nightly" });
    await vi.waitFor(() => expect(fault.hits).toBeGreaterThan(0), 30_000);
    fault.release();
    release();
    const step = await running;
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    const ends = ofTasks(step.log).slice(-2);
    expect(ends).toEqual([line("load", "ended with SUCCESS"), line("report", "ended with SUCCESS")]);
  });

  it("are all known where there are more than one answer can have", async () => {
    const { run } = await checkout(manyTasks(130));
    lab.workspace.runs({});
    const step = await run({ run: "wide" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    const { runs } = JSON.parse(fs.readFileSync(localPath(step.outputs["summaryPath"] ?? ""), "utf8"));
    expect(runs[0].tasks).toHaveLength(130);
    expect(step.page).toContain("… and 30 more.");
  });
});
