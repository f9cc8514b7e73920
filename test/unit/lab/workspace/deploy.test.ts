import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildDatabricks } from "../../../lab/databricks/build.ts";
import {
  alice,
  type CliResult,
  runCli,
  startMetadataService,
  startTestWorkspace,
  type TestWorkspace,
  workspaceId,
  writeBundle,
} from "./setup.ts";

let lab: TestWorkspace;
let metadata: Awaited<ReturnType<typeof startMetadataService>>;
let cli: string;
let bundle: string;

beforeAll(async () => {
  lab = await startTestWorkspace();
  metadata = await startMetadataService(() => lab.token(alice));
  cli = await (await buildDatabricks({ log: console.log })).cli();
  bundle = await fs.promises.mkdtemp(path.join(lab.folder, "bundle-"));
  await writeBundle(bundle);
  expect(await databricks("bundle", "deploy")).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await metadata?.close();
  await lab?.close();
});

beforeEach(() => {
  lab.workspace.runs({});
});

function databricks(...args: string[]): Promise<CliResult> {
  return runCli(cli, args, bundle, {
    DATABRICKS_HOST: lab.workspace.url,
    DATABRICKS_AUTH_TYPE: "metadata-service",
    DATABRICKS_METADATA_SERVICE_URL: metadata.url,
    SSL_CERT_FILE: lab.authority,
  });
}

const root = `/Workspace/Users/${alice}/.bundle/sample/prod`;

describe("a deployment by the real CLI", () => {
  it("a deployment creates the job and the pipeline as the caller's", async () => {
    const jobs = await lab.workspace.jobs();
    expect(jobs).toMatchObject([{ name: "nightly", owner: alice }]);
    expect(jobs[0]?.settings).toMatchObject({
      tasks: [
        { task_key: "report", spark_python_task: { python_file: `${root}/files/src/report.py` } },
        { task_key: "transform", notebook_task: { notebook_path: `${root}/files/src/transform` } },
      ],
    });
    expect(await lab.workspace.pipelines()).toMatchObject([{ name: "events", owner: alice }]);
  });

  it("a deployment uploads files and notebooks into the caller's home", async () => {
    const files = await lab.workspace.files();
    expect(files).toContain(`FILE ${root}/files/src/report.py`);
    expect(files).toContain(`NOTEBOOK ${root}/files/src/transform`);
    expect(files.join()).not.toContain("deploy.lock");
    expect(await lab.workspace.readFile(`${root}/files/src/report.py`)).toBe("print('report')\n");
  });

  it("a deployment has ids that JavaScript can read, the same everywhere", async () => {
    const [job] = await lab.workspace.jobs();
    const state = await lab.workspace.readFile(`${root}/state/resources.json`);
    expect(Number(job?.id)).toBeLessThan(Number.MAX_SAFE_INTEGER);
    expect(state).toContain(`"${job?.id}"`);
    expect(state).not.toMatch(/\d{17}/);
  });

  it("a second deployment changes nothing", async () => {
    const before = [await lab.workspace.jobs(), await lab.workspace.pipelines()];
    const seen = lab.workspace.requests.length;
    expect(await databricks("bundle", "deploy")).toMatchObject({ code: 0 });
    expect([await lab.workspace.jobs(), await lab.workspace.pipelines()]).toEqual(before);
    const changed = lab.workspace.requests.slice(seen).filter(({ path }) => /jobs\/(create|reset)/.test(path));
    expect(changed).toEqual([]);
    const plan = await databricks("bundle", "plan");
    expect(plan.output).toContain("0 to add, 0 to change, 0 to delete, 2 unchanged");
  });

  it("a deployment is recorded with its caller and requests, without a token", async () => {
    const { requests } = lab.workspace;
    const creation = requests.find(({ path }) => path === "/api/2.2/jobs/create");
    expect(creation).toMatchObject({ method: "POST", status: 200, subject: alice });
    expect(creation?.userAgent).toMatch(/^cli\/1\.11\.0 .*auth\/metadata-service/);
    expect(JSON.parse(creation?.body ?? "")).toMatchObject({ name: "nightly" });
    expect(creation?.tokenId).toMatch(/^[0-9a-f]{64}$/);
    const everything = JSON.stringify(requests);
    for (const token of lab.tokens()) {
      expect(everything).not.toContain(token.slice(0, 20));
      expect(everything).not.toContain(Buffer.from(token).toString("base64"));
    }
  });

  it("the CLI waits as long as a 429 asks for", async () => {
    const busy = lab.workspace.fault({ path: /jobs\/get/ }, { status: 429, headers: { "retry-after": "1" } }, 2);
    const started = Date.now();
    expect(await databricks("bundle", "plan")).toMatchObject({ code: 0 });
    expect(busy.hits).toBe(2);
    expect(Date.now() - started).toBeGreaterThan(1_900);
  });
});

describe("a run", () => {
  it("a run succeeds by default, at a URL of the workspace", async () => {
    const { code, output } = await databricks("bundle", "run", "nightly");
    expect(output).toContain("TERMINATED SUCCESS");
    expect(output).toMatch(new RegExp(`${lab.workspace.url}/jobs/\\d{15}/runs/\\d{15}\\?o=${workspaceId}`));
    expect(output).not.toContain("uv");
    expect(code).toBe(0);
  });

  it("a run fails with the given message", async () => {
    lab.workspace.runs({ result: "FAILED", message: "Table main.raw.events does not exist" });
    const { code, output } = await databricks("bundle", "run", "nightly");
    expect(output).toContain("Table main.raw.events does not exist");
    expect(code).toBe(1);
  });

  it("a run may succeed with failures", async () => {
    lab.workspace.runs({ result: "SUCCESS_WITH_FAILURES", message: "One task failed" });
    expect((await databricks("bundle", "run", "nightly")).output).toContain("SUCCESS_WITH_FAILURES");
  });

  it("a held run continues until it is released", async () => {
    const held = lab.workspace.runs({ hold: true });
    expect(await databricks("bundle", "run", "nightly", "--no-wait")).toMatchObject({ code: 0 });
    const refused = await databricks("bundle", "deploy", "--fail-on-active-runs");
    expect(refused.output).toMatch(/job \d+ is running/);
    held.release();
    expect(await databricks("bundle", "deploy", "--fail-on-active-runs")).toMatchObject({ code: 0 });
  });

  it("a run can be canceled", async () => {
    lab.workspace.runs({ hold: true });
    const run = databricks("bundle", "run", "nightly");
    const runId = await runningId();
    const body = { run_id: Number(runId) };
    const canceled = await lab.call({
      method: "POST",
      path: "/api/2.2/jobs/runs/cancel",
      token: lab.token(alice),
      body,
    });
    expect(canceled.status).toBe(200);
    expect(await run).toMatchObject({ code: 1, output: expect.stringContaining("CANCELED") });
  });

  it("an update of a pipeline fails with its error", async () => {
    lab.workspace.runs({ result: "FAILED", message: "No such source", lastForMs: 1_200 });
    const { code, output } = await databricks("bundle", "run", "events");
    expect(output).toContain("No such source");
    expect(code).toBe(1);
    lab.workspace.runs({});
    const next = await databricks("bundle", "run", "events");
    expect(next.code).toBe(0);
    expect(next.output).not.toContain("No such source");
  });
});

describe("destroying", () => {
  it("destroying a bundle leaves nothing behind", async () => {
    expect(await databricks("bundle", "destroy", "--auto-approve")).toMatchObject({ code: 0 });
    expect(await lab.workspace.jobs()).toEqual([]);
    expect(await lab.workspace.pipelines()).toEqual([]);
    expect(await lab.workspace.files()).toEqual([]);
  });
});

async function runningId(): Promise<string> {
  const path = "/api/2.2/jobs/runs/list?active_only=true";
  for (;;) {
    const { json } = await lab.call({ path, token: lab.token(alice) });
    const [run] = json["runs"] as { run_id: number }[];
    if (run !== undefined) return String(run.run_id);
  }
}
