import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { windowsAgents } from "../../lab/agents.ts";
import { taskNodes } from "../nodes.ts";
import { isAlive, type LoginJob, servicePid, statusOfToken } from "../steps/login-job.ts";
import { useLab } from "../use-lab.ts";

describe.each(taskNodes)(
  "A login, as far as it depends on the agent's system, on $name",
  { tags: "windows" },
  ({ path: node }) => {
    const { lab, loginJob } = useLab(node);

    async function signedIn(job: LoginJob): Promise<number> {
      const step = await job.login();
      expect(step, step.text).toMatchObject({ result: "Succeeded", issues: [] });
      const pid = servicePid(job, step);
      expect(pid).toBeGreaterThan(0);
      return pid ?? 0;
    }

    async function ended(pid: number): Promise<void> {
      await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
    }

    it("gives out tokens when the step is over, until its post-job step", async () => {
      const job = await loginJob();
      const pid = await signedIn(job);
      expect([await statusOfToken(job), await statusOfToken(job)]).toEqual([200, 200]);
      expect(isAlive(pid)).toBe(true);
      const { postSteps, orphans } = await job.finish();
      expect(isAlive(pid)).toBe(false);
      expect(orphans).toEqual([]);
      expect(postSteps[0]).toMatchObject({ result: "Succeeded", issues: [] });
      expect(postSteps[0]?.text).toContain("2 token requests answered");
    });

    it("does not keep the agent waiting for the step's output, and leaves no file", async () => {
      const job = await loginJob();
      const started = Date.now();
      const step = await job.login();
      expect(step, step.text).toMatchObject({ result: "Succeeded", leftInTemp: [] });
      // An agent waits 5 seconds for output that another process holds open.
      console.log(`The login took ${Date.now() - started} ms.`);
      expect(step.text).not.toContain("has not closed after 5 seconds");
      await job.finish();
    });

    it("does not end with the Ctrl+C that cancels a later step", async () => {
      const job = await loginJob();
      const pid = await signedIn(job);
      const held = lab.entra.fault({ hold: true });
      const cancel = new AbortController();
      const later = job.login({}, { cancel: cancel.signal });
      await expect.poll(() => held.hits, { timeout: 20_000 }).toBe(1);
      cancel.abort();
      expect((await later).result).toBe("Canceled");
      held.release();
      expect(isAlive(pid)).toBe(true);
      expect(await statusOfToken(job)).toBe(200);
      expect((await job.finish()).orphans).toEqual([]);
      expect(isAlive(pid)).toBe(false);
    });

    it("ends with the agent's worker", async () => {
      const job = await loginJob();
      const pid = await signedIn(job);
      // Until then, a parent on Windows may be a program that ends with the step.
      if (windowsAgents) await sleep(6_000);
      expect(await statusOfToken(job)).toBe(200);
      await job.job.killWorker();
      await ended(pid);
      expect(await job.finish()).toMatchObject({ postJob: [], orphans: [] });
    });

    it("leaves nothing behind if the sign-in fails", async () => {
      const job = await loginJob({ deployer: lab.addDeployer(["workspace-member"]) });
      const step = await job.login();
      expect([step.result, step.service]).toEqual(["Failed", undefined]);
      expect(step.leftInTemp).toEqual([]);
      expect(job.job.processes()).toEqual([]);
      expect((await job.finish()).orphans).toEqual([]);
    });
  },
);
