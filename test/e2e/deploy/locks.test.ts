import { describe, expect, it, vi } from "vitest";
import { bundleOf, job, wheel } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { programsBelow } from "../steps/programs.ts";
import { useLab } from "../use-lab.ts";

const bundle = bundleOf("locked", job("only", "Only"));
/** Its files and its state are not in the usual folders. */
const ownPaths = bundleOf(
  "locked",
  job("only", "Only"),
  `workspace:
  state_path: /Workspace/Users/\${workspace.current_user.userName}/elsewhere
  file_path: /Workspace/Users/\${workspace.current_user.userName}/my-files
`,
);
const creation = { method: "POST", path: /^\/api\/2\.\d\/jobs\/create/ };
/** Shortens the agent's grace from 10 to 4 seconds. */
const shortGrace = { variables: { PROCESS_SIGINT_TIMEOUT: "2000", PROCESS_SIGTERM_TIMEOUT: "2000" } };

describe.each(taskNodes)("Locks on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  const locks = async () => (await lab.workspace.files()).filter((file) => file.endsWith("deploy.lock"));

  /** Kills the CLI, as a machine without memory does, when `isDue`. */
  const killCli = async (pid: number, isDue: () => boolean) => {
    await vi.waitFor(() => expect(isDue()).toBe(true), { timeout: 30_000, interval: 20 });
    const [cli] = programsBelow(pid, /databricks bundle/);
    if (cli === undefined) throw new Error("The CLI does not run.");
    process.kill(cli, "SIGKILL");
  };

  it.each([
    ["usual paths", bundle],
    ["paths of its own", ownPaths],
  ])(
    "releases its lock when the machine kills the CLI, so that a retry succeeds: a bundle with %s",
    async (_, files) => {
      const { run, job } = await checkout(files);
      await run({ command: "destroy", autoApprove: "true", target: "prod" });
      const held = lab.workspace.fault(creation, { hold: true });
      let killed: Promise<void> | undefined;
      const step = await run(
        { target: "prod" },
        {
          retryCountOnTaskFailure: 1,
          onStart: (pid) => {
            killed ??= killCli(pid, () => held.hits > 0).finally(() => held.release());
          },
        },
      );
      await killed;
      expect(step.text).toContain("Released the deployment lock.");
      expect(step.errors).toEqual([expect.stringMatching(/"databricks bundle deploy" was stopped by a signal/)]);
      expect(step.result).toBe("Succeeded");
      expect(await locks()).toEqual([]);
      expect(await job.finish()).toEqual({ orphans: [] });
    },
  );

  it("releases its lock when a cancel comes while a wheel is uploaded", async () => {
    const { run } = await checkout(wheel, { job: shortGrace });
    const cancel = new AbortController();
    const held = lab.workspace.fault({ method: "POST", path: /import-file.*\.whl/ }, { hold: true });
    const running = run({ target: "prod" }, { cancel: cancel.signal });
    await vi.waitFor(() => expect(held.hits).toBe(1), { timeout: 30_000 });
    cancel.abort();
    const step = await running;
    held.release();
    expect(step.text).toMatch(/Canceled while .* was uploading files\. It has 1\.5 s to finish/);
    expect(step.text).toContain("Released the deployment lock.");
    expect(await locks()).toEqual([]);
  });
});
