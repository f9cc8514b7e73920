import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.ts";
import { bundleOf, job } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { cancelAt } from "../steps/checkout.ts";
import { writeScriptedCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

const pipeline = (key: string) => `pipelines:
  ${key}:
    name: Refresh
    serverless: true
    catalog: main
    libraries:
      - notebook:
          path: ./src/step.py`;

/** Two jobs, a pipeline, and scripts: one that fails, one that announces a run, one that shows a secret, two that leave something running. */
const bundle = bundleOf(
  "keys",
  `${job("nightly", "Nightly")}\n${job("hourly", "Hourly").replace("jobs:\n", "")}\n${pipeline("refresh")}`,
  `scripts:
  smoke:
    content: |
      echo first
      echo 3 checks failed
      exit 4
  announces:
    content: |
      echo 'Run URL: https://adb-1234567890123456.7.azuredatabricks.net/jobs/1/runs/2' >&2
  secret:
    content: |
      echo "not accepted: $KEY"
      exit 5
  background:
    content: |
      nohup sleep 300 &
      setsid sleep 300 &
      echo started
  waits:
    content: |
      setsid sleep 300 &
      setsid -f sleep 300
      echo waiting
      sleep 300
`,
);

/** Requests that change a workspace. */
const changes = (requests: readonly { method: string; path: string }[]) =>
  requests.filter(({ method, path }) => method !== "GET" && !path.includes("telemetry"));

describe.each(taskNodes)("Keys in the input run, on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);

  it("are refused before anything is deployed where the bundle does not have them", async () => {
    const { run } = await checkout(bundle);
    const [step, { workspace }] = await requests(() => run({ run: "nightly\nnigthly\njobs.refresh" }));
    expect(step.errors).toEqual([
      expect.stringMatching(
        /^run: the bundle does not contain a job, pipeline, app or script with the key nigthly, jobs\.refresh\. Nothing was deployed\.\s+Use one of these keys: .*jobs\.nightly.*pipelines\.refresh.*smoke/,
      ),
    ]);
    expect(changes(workspace)).toEqual([]);
  });

  it("are refused before any request where they are a list with commas", async () => {
    const { run } = await checkout(bundle);
    const [step, { workspace, entra }] = await requests(() => run({ run: "nightly,smoke" }));
    expect(step.errors).toEqual([expect.stringContaining('"nightly,smoke" contains a comma. Write one key per line.')]);
    expect([...workspace, ...entra]).toEqual([]);
  });

  it("are refused before anything is deployed where a job and a pipeline have the same key", async () => {
    const { run } = await checkout(bundleOf("twice", `${job("both", "Both")}\n${pipeline("both")}`));
    const [step, { workspace }] = await requests(() => run({ run: "both" }));
    expect(step.result).toBe("Failed");
    expect(step.errors.join("\n")).toContain("multiple resources");
    expect(changes(workspace)).toEqual([]);
  });

  it("are refused before anything is deployed if --select leaves them out", async () => {
    const { run } = await checkout(bundle);
    const select = { arguments: "--select jobs.nightly" };
    const [step, { workspace }] = await requests(() => run({ ...select, run: "nightly\njobs.hourly" }));
    expect(step.errors).toEqual([
      expect.stringMatching(
        /^run: this step does not deploy jobs\.hourly, because the input arguments contains --select\. Nothing was deployed\./,
      ),
    ]);
    expect(changes(workspace)).toEqual([]);
    lab.workspace.runs({});
    expect(await run({ ...select, run: "nightly\nannounces" })).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("can be those of resources to which the selected ones refer, also through others", async () => {
    const calls = (key: string, called: string) => `  ${key}:
    name: ${key}
    tasks:
      - task_key: call
        run_job_task:
          job_id: \${resources.jobs.${called}.id}
`;
    const { run } = await checkout(
      bundleOf(
        "referring",
        `${job("last", "Last")}\n${calls("middle", "last")}${calls("first", "middle")}${calls("other", "last")}`,
      ),
    );
    const select = { arguments: "--select first" };
    const refused = await run({ ...select, run: "last\nother" });
    expect(refused.errors[0]).toMatch(/^run: this step does not deploy other, because /);
    lab.workspace.runs({});
    expect(await run({ ...select, run: "last" })).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("name jobs and pipelines with and without their type, and scripts", async () => {
    const { run } = await checkout(bundle);
    lab.workspace.runs({});
    const step = await run({ run: "nightly\njobs.hourly\npipelines.refresh\nannounces" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.outputs["runUrls"]?.split("\n")).toHaveLength(3);
    expect(step.page).toMatch(/\| `announces` \| SUCCESS \|/);
  });
});

describe.each(taskNodes)("A script in the input run, on $name", ({ path: node }) => {
  const { checkout } = useLab(node);

  it("decides the result by its exit code, and the error quotes its last line", async () => {
    const { run } = await checkout(bundle);
    const step = await run({ run: "smoke" });
    expect(step.result).toBe("Failed");
    expect(step.errors).toEqual([
      expect.stringMatching(
        /^The bundle was deployed, but the run of smoke ended with exit code 4: 3 checks failed\.\s+See the CLI output above\./,
      ),
    ]);
    expect(step.text).not.toContain("the bundle contains");
    expect(step.page).toContain("deployed, but the run of smoke did not succeed");
    expect(step.outputs["summaryPath"]).toBeDefined();
  });

  it("is not taken for the run of a URL that it prints", async () => {
    const { run } = await checkout(bundle);
    const step = await run({ run: "announces" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.outputs["runUrls"]).toBe("");
  });

  it("does not show a secret that is in its last line", async () => {
    const { run } = await checkout(bundle, {
      job: { variables: { key: { value: "s3cret-of-a-script", secret: true } } },
    });
    const step = await run({ run: "secret" }, { env: { KEY: "$(key)" } });
    expect(step.errors.at(-1)).toContain("ended with exit code 5: not accepted: ***");
    const summary = fs.readFileSync(step.outputs["summaryPath"] ?? "", "utf8");
    expect(`${step.text}${step.page}${summary}`).not.toContain("s3cret-of-a-script");
    expect(step.page).toContain("not accepted: \\*\\*\\*");
  });

  it("does not hold the step with a program that it leaves running", async () => {
    const { run } = await checkout(bundle);
    const step = await run({ run: "background" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.durationMs).toBeLessThan(50_000);
  });

  it("ends with all that it has started when the step is canceled", async () => {
    const { run, job } = await checkout(bundle);
    const step = await run({ run: "waits" }, cancelAt("waiting"));
    // By itself, before the agent kills it.
    expect(step).toMatchObject({ result: "Canceled", exitCode: 0 });
    expect((await job.finish()).orphans).toEqual([]);
  });
});

describe.each(taskNodes)("A deploy whose script leaves programs running, on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  it("can be canceled, releases its lock and leaves nothing behind", async () => {
    const leaving = ["setsid", "nohup"].map((how) => `${how} sleep 300 >/dev/null 2>&1 &`).join("\n      ");
    const script = `experimental:\n  scripts:\n    predeploy: |\n      ${leaving}\n`;
    const { run, job: own } = await checkout(bundleOf("leaving", job("a", "A"), script), {
      job: { variables: { PROCESS_SIGINT_TIMEOUT: "2000", PROCESS_SIGTERM_TIMEOUT: "2000" } },
    });
    const held = lab.workspace.fault({ method: "POST", path: /^\/api\/2\.\d\/jobs\/create/ }, { hold: true });
    const step = await run({ target: "prod" }, cancelAt("Deploying resources"));
    held.release();
    expect(step.result).toBe("Canceled");
    expect(step.log).toContainEqual("Released the deployment lock.");
    expect((await lab.workspace.files()).filter((file) => file.endsWith("deploy.lock"))).toEqual([]);
    expect((await own.finish()).orphans).toEqual([]);
  });
});

describe.each(taskNodes)("A run that the CLI stops watching, on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);
  const follows = "The CLI has stopped watching the run, but the run continues";

  /** Kills the CLI as soon as the run has begun, and does `then` when the step follows the run itself. */
  async function unwatched(
    then: () => void,
    inputs: Record<string, string> = { run: "nightly" },
    cancel?: AbortSignal,
  ) {
    const cli = await leavingItsPid(lab);
    const { run } = await checkout(bundle, { agent: { cli } });
    const pid = path.join(path.dirname(cli), "pid");
    const onLine = (line: string) => {
      if (line.includes("RUNNING") && fs.existsSync(pid)) {
        process.kill(Number(fs.readFileSync(pid, "utf8")), "SIGKILL");
        fs.rmSync(pid);
      }
      if (line.includes(follows)) then();
    };
    return run(inputs, { onLine, ...(cancel ? { cancel } : {}) });
  }

  it.each(["SUCCESS", "FAILED"] as const)("is followed to its end, which is the step's: %s", async (result) => {
    const { release } = lab.workspace.runs({ hold: true, result, message: "the reason" });
    const [step, { workspace }] = await requests(() => unwatched(release));
    expect(step.result).toBe(result === "SUCCESS" ? "Succeeded" : "Failed");
    if (result === "FAILED") expect(step.errors.at(-1)).toMatch(/run of nightly ended with FAILED: the reason/);
    expect(step.outputs["runUrls"]?.split("\n")).toHaveLength(1);
    expect(step.page).toMatch(new RegExp(`\\| \\[nightly\\]\\(https:.*\\) \\| ${result}`));
    expect(workspace.filter(({ path }) => path.includes("run-now"))).toHaveLength(1);
  });

  it("is followed although the workspace fails to report it for a while", async () => {
    const { release } = lab.workspace.runs({ hold: true });
    const step = await unwatched(() => {
      lab.workspace.fault({ method: "GET", path: /jobs\/runs\/get\b/ }, { status: 503 }, 4);
      release();
    });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("has an unknown result where the workspace refuses to report it", async () => {
    const { release } = lab.workspace.runs({ hold: true });
    const placed: { release(): void }[] = [];
    const step = await unwatched(
      () => void placed.push(lab.workspace.fault({ method: "GET", path: /jobs\/runs\/get\b/ }, { status: 403 }, 50)),
    );
    for (const fault of placed) fault.release();
    release();
    expect(step.errors.at(-1)).toMatch(
      /the result of the run of .* is unknown: the workspace did not report how it ended \(403: Forbidden\)/,
    );
  });

  it("is canceled when the step is", async () => {
    const cancel = new AbortController();
    const { release } = lab.workspace.runs({ hold: true });
    const [step, { workspace }] = await requests(() =>
      unwatched(() => cancel.abort(), { run: "nightly" }, cancel.signal),
    );
    release();
    expect(step.result).toBe("Canceled");
    expect(step.log).toContainEqual(expect.stringContaining(`Canceled the run: ${lab.workspace.url}/jobs/`));
    expect(workspace.map(({ path }) => path)).toContainEqual(expect.stringMatching(/jobs\/runs\/cancel/));
    expect(step.page).toMatch(/\| \[nightly\]\(https:.*\) \| CANCELED \|/);
  });
});

describe.each(taskNodes)("A deploy that cannot be read back, on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  it.each([
    ["fails", "echo 'Error: not now' >&2; exit 1", /failed \(exit code 1\): not now/],
    ["prints no JSON", "'CLI' \"$@\" >/dev/null; echo x", /JSON/],
  ])("fails the step, but not as a failed deploy: the summary %s", async (_, script, reason) => {
    const real = await lab.programs.cli();
    const cli = writeScriptedCli(
      `if [ "$2" = summary ]; then ${script.replace("CLI", real)}; else exec '${real}' "$@"; fi\n`,
    );
    const { run } = await checkout(bundle, { agent: { cli } });
    const step = await run({ target: "prod" });
    expect(step.result).toBe("Failed");
    expect(step.errors).toEqual([
      expect.stringMatching(/^The bundle was deployed, but reading the deployed resources failed: /),
    ]);
    expect(step.errors[0]).toMatch(reason);
    expect(step.outputs).toMatchObject({ workspaceUrl: lab.workspace.url, target: "prod" });
    expect(step.page).toContain("deployed, but with a problem");
  });
});

/** Writes a CLI that leaves the process ID of `bundle run` in a file next to it. */
async function leavingItsPid(lab: Lab): Promise<string> {
  const cli = await lab.programs.cli();
  return writeScriptedCli(
    `if [ "$2" != run ]; then exec '${cli}' "$@"; fi\n'${cli}' "$@" &\necho $! > "$(dirname "$0")/pid"\nwait $!\n`,
  );
}
