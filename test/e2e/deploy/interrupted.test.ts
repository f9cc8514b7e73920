import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { StepResult } from "../../lab/agent/agent.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import { type BundleFiles, bundleOf, job } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { type BundleCheckout, errorsOf, withCheckout } from "./step.ts";

const bundle = bundleOf("stopped", job("only", "Only"));
const creation = { method: "POST", path: /^\/api\/2\.\d\/jobs\/create/ };
/** Shortens the agent's grace from 10 to 4 seconds. */
const shortGrace = { variables: { PROCESS_SIGINT_TIMEOUT: "2000", PROCESS_SIGTERM_TIMEOUT: "2000" } };

describe.each(taskNodes)("Interrupted and locked deployments on $name", ({ path: node }) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab(console.log);
  });

  afterAll(() => lab?.close());

  const locks = async () => (await lab.workspace.files()).filter((file) => file.endsWith("deploy.lock"));

  /** Two jobs of the same deployer; the grace of the first is short. */
  const inTwoJobs = (
    a: BundleFiles,
    b: BundleFiles,
    test: (first: BundleCheckout, second: BundleCheckout) => Promise<void>,
  ) =>
    withCheckout(lab, node, a, (first) => withCheckout(lab, node, b, (second) => test(first, second)), {
      job: shortGrace,
    });

  it("lets a cancelled deploy reach its end within the agent's grace", () =>
    withCheckout(lab, node, bundle, async ({ run, job }) => {
      lab.workspace.fault(creation, { delayMs: 1_500 });
      const cancel = new AbortController();
      const step = await run(
        { target: "prod" },
        { cancel: cancel.signal, onLine: (line) => void (line.includes("Deploying resources") && cancel.abort()) },
      );
      expect(step.result).toBe("Canceled");
      expect(step.log.join("\n")).toMatch(
        /Cancelled: the deployment may still reach a safe point[\s\S]*Deployment complete/,
      );
      expect(await locks()).toEqual([]);
      expect(await job.finish()).toEqual({ orphans: [] });
    }));

  it("stops a deploy that cannot end in time, releases its lock and says what is left", () =>
    withCheckout(
      lab,
      node,
      bundleOf("stopped", `${job("only", "Only")}\nschemas:\n  done:\n    name: done\n    catalog_name: main`),
      async ({ run, job }) => {
        await run({ command: "destroy", autoApprove: "true", target: "prod" });
        const held = lab.workspace.fault(creation, { hold: true });
        const cancel = new AbortController();
        const step = await run(
          { target: "prod" },
          { cancel: cancel.signal, onLine: (line) => void (line.includes("Deploying resources") && cancel.abort()) },
        );
        held.release();
        expect(step.result).toBe("Canceled");
        expect(step.exitCode).toBe(0);
        expect(step.log).toContainEqual(expect.stringMatching(/The lock of this deployment was released/));
        expect(step.issues).toContainEqual(
          expect.objectContaining({
            type: "warning",
            message: expect.stringMatching(/stopped half-way.*resources\.json\.wal/),
          }),
        );
        expect(await locks()).toEqual([]);
        expect(await job.finish()).toEqual({ orphans: [] });
      },
      { job: shortGrace },
    ));

  it("releases the lock of a destroy that it stops half-way", () =>
    withCheckout(
      lab,
      node,
      bundle,
      async ({ run }) => {
        await run({ target: "prod" });
        const held = lab.workspace.fault({ method: "POST", path: /jobs\/delete/ }, { hold: true });
        const cancel = new AbortController();
        const step = await run(
          { command: "destroy", autoApprove: "true", target: "prod" },
          { cancel: cancel.signal, onLine: (line) => void (line.startsWith("All files and") && cancel.abort()) },
        );
        held.release();
        expect(step.result).toBe("Canceled");
        expect(step.log).toContainEqual(expect.stringMatching(/The lock of this deployment was released/));
        expect(await locks()).toEqual([]);
      },
      { job: shortGrace },
    ));

  it("leaves alone the lock that another job of the same service principal took by force", () =>
    inTwoJobs(bundle, bundle, async (stuck, other) => {
      await stuck.run({ command: "destroy", autoApprove: "true", target: "prod" });
      const held = lab.workspace.fault(creation, { hold: true }, 2);
      const cancel = new AbortController();
      const first = await deploying(stuck, {}, cancel);
      const second = await deploying(other, { forceLock: "true" });
      cancel.abort();
      const step = await first.end;
      expect(step.result).toBe("Canceled");
      expect(step.log.join("\n")).not.toContain("lock of this deployment was released");
      expect(await locks()).toHaveLength(1);
      held.release();
      expect((await second.end).result).toBe("Succeeded");
    }));

  it("leaves alone the lock of another job when a destroy is cancelled that never had one", () =>
    inTwoJobs(bundle, bundleOf("stopped", job("other", "Other")), async (late, other) => {
      await late.run({ target: "prod" });
      const locking = lab.workspace.fault({ path: /deploy\.lock/ }, { hold: true });
      const held = lab.workspace.fault(creation, { hold: true });
      const cancel = new AbortController();
      const destroying = late.run(
        { command: "destroy", autoApprove: "true", target: "prod" },
        { cancel: cancel.signal },
      );
      await vi.waitFor(() => expect(locking.hits).toBe(1), 20_000);
      const { end } = await deploying(other);
      cancel.abort();
      expect((await destroying).result).toBe("Canceled");
      expect(await locks()).toHaveLength(1);
      locking.release();
      held.release();
      expect((await end).result).toBe("Succeeded");
    }));

  it("names the holder of a lock, its age and the way out, and leaves it alone", () =>
    withCheckout(lab, node, bundle, async ({ run, change }) => {
      change(leavesLock(lab.deployer.clientId, { user: "somebody-else", ageMs: 3 * 3_600_000 }));
      expect((await run()).result).toBe("Succeeded");
      change(bundle);
      const step = await run({ target: "prod" });
      expect(errorsOf(step)).toEqual([
        expect.stringMatching(/locked by somebody-else since .* \(3 h 0 min ago\)\..*forceLock: true.*#deploy-lock/s),
      ]);
      expect(await locks()).toHaveLength(1);
      expect(await run({ target: "prod", forceLock: "true" })).toMatchObject({ result: "Succeeded" });
      expect(await locks()).toEqual([]);
    }));

  it("refuses a CLI that is too old before it changes anything, with the step to add", async () => {
    const cli = await lab.programs.cli("0.298.0");
    await withCheckout(
      lab,
      node,
      bundle,
      async ({ run }) => {
        const step = await run();
        expect(errorsOf(step)).toEqual([
          expect.stringMatching(
            /is 0\.298\.0; this task needs 0\.299\.0 or later.*DatabricksCliInstaller@1.*#cli-version/s,
          ),
        ]);
      },
      { cli },
    );
  });

  it("says which version the bundle asks for", () =>
    withCheckout(
      lab,
      node,
      {
        ...bundle,
        "databricks.yml":
          bundle["databricks.yml"]?.replace("name: stopped", 'name: stopped\n  databricks_cli_version: ">= 99.0.0"') ??
          "",
      },
      async ({ run }) => {
        expect(errorsOf(await run())).toEqual([
          expect.stringMatching(/asks for Databricks CLI >= 99\.0\.0; this agent has 1\.11\.0.*version: bundle/s),
        ]);
      },
    ));

  it("does not deploy while runs are active, if told so", () =>
    withCheckout(lab, node, startsItself, async ({ run }) => {
      const { release } = lab.workspace.runs({ hold: true });
      expect((await run()).result).toBe("Succeeded");
      const step = await run({ failOnActiveRuns: "true" });
      release();
      expect(errorsOf(step)).toEqual([expect.stringMatching(/"databricks bundle deploy" failed.*(running|active)/)]);
    }));
});

/** Starts a deploy to prod; goes on as soon as it has its lock and changes resources. */
function deploying(
  { run }: BundleCheckout,
  inputs: Record<string, string> = {},
  cancel = new AbortController(),
): Promise<{ end: Promise<StepResult> }> {
  return new Promise((resolve, reject) => {
    const onLine = (line: string) => void (line.includes("Deploying resources") && resolve({ end }));
    const end = run({ target: "prod", ...inputs }, { cancel: cancel.signal, onLine });
    end.then(() => resolve({ end }), reject);
  });
}

/** When it is deployed, a script of it locks the target prod, as a deployer would whose agent was lost. */
function leavesLock(deployer: string, { user, ageMs }: { user: string; ageMs: number }): BundleFiles {
  const folder = `/Workspace/Users/${deployer}/.bundle/stopped/prod/state`;
  const lock = { ID: randomUUID(), AcquisitionTime: new Date(Date.now() - ageMs), IsForced: false, User: user };
  const content = Buffer.from(JSON.stringify(lock)).toString("base64");
  const file = JSON.stringify({ path: `${folder}/deploy.lock`, format: "AUTO", overwrite: true, content });
  return {
    ...bundleOf("stopped", job("only", "Only"), "experimental:\n  scripts:\n    postdeploy: sh ./lock.sh\n"),
    "lock.sh": `databricks api post /api/2.0/workspace/mkdirs --json '{"path":"${folder}"}'
databricks api post /api/2.0/workspace/import --json '${file}'
`,
  };
}

/** Starts its own job when it is deployed. */
const startsItself = {
  ...bundleOf("busy", job("only", "Only"), "experimental:\n  scripts:\n    postdeploy: sh ./start.sh\n"),
  "start.sh": `id=$(grep -o '"__id__": *"[0-9]*"' .databricks/bundle/dev/resources.json | tr -dc 0-9)
databricks api post /api/2.2/jobs/run-now --json '{"job_id":'$id'}'
`,
};
