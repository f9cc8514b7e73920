import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { bundleOf, job, writeFiles } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import type { Checkout } from "../steps/checkout.ts";
import { useLab } from "../use-lab.ts";

describe.each(taskNodes)("A step with changedSince on $name", { tags: "linux" }, ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);

  const inRepository = async (variables: Readonly<Record<string, string>> = {}) => {
    const bundle = await checkout(bundleOf("sales", job("hello", "Hello")), { at: "teams/sales", job: { variables } });
    const git = gitOf(bundle);
    git("init", "--quiet", "--initial-branch", "main");
    writeFiles(bundle.job.workingDirectory, { "teams/finance/databricks.yml": "bundle:\n  name: finance\n" });
    git("add", "--all");
    git("commit", "--quiet", "--message", "first");
    git("tag", "deployed");
    return { ...bundle, git };
  };

  it.each(["validate", "plan", "deploy"])(
    "does nothing for %s, without any request, if only other files have changed",
    async (command) => {
      const { run, git, job: jobOfRun } = await inRepository();
      fs.writeFileSync(path.join(jobOfRun.workingDirectory, "teams/finance/a.py"), "1");
      git("add", "--all");
      git("commit", "--quiet", "--message", "second");
      const [step, records] = await requests(() => run({ command, changedSince: "deployed" }));
      expect(step).toMatchObject({ result: "Succeeded", issues: [], outputs: { skipped: "true" } });
      expect(step.log.filter((line) => line.startsWith("Skipped"))).toEqual([
        expect.stringMatching(
          /^Skipped, because no file of the bundle has changed since deployed \(commit [0-9a-f]{8}\)\./,
        ),
      ]);
      expect(Object.values(records).flat()).toEqual([]);
    },
  );

  it("deploys what has changed, and if it is unknown whether it has", async () => {
    const { run, folder } = await inRepository();
    fs.writeFileSync(path.join(folder, "src/step.py"), "# Databricks notebook source\nprint(2)\n");
    const changed = await run({ target: "prod", changedSince: "deployed" });
    expect(changed).toMatchObject({ result: "Succeeded", issues: [], outputs: { skipped: "false" } });
    expect(changed.text).toMatch(
      /^Files of the bundle have changed since deployed \(commit .*: teams\/sales\/src\/step\.py$/m,
    );
    expect(await lab.workspace.jobs()).toMatchObject([{ name: "Hello" }]);

    const unknown = await run({ command: "validate", changedSince: "v1" });
    expect(unknown).toMatchObject({ result: "Succeeded", issues: [], outputs: { skipped: "false" } });
    expect(unknown.text).toContain(
      "because it is unknown whether the bundle has changed since v1: the checkout does not contain v1.",
    );
  });

  it("compares with the target branch in a pull request's run", async () => {
    const { run, git } = await inRepository(lab.azureDevOps.openPullRequest().variables);
    git("update-ref", "refs/remotes/origin/main", "main");
    git("checkout", "--quiet", "--detach");
    git("commit", "--quiet", "--allow-empty", "--message", "of the pull request");
    const step = await run({ command: "plan", changedSince: "target" });
    expect(step.outputs).toEqual({ skipped: "true" });
    expect(step.text).toContain("has changed since main (commit");
  });

  it.each([
    [
      { command: "destroy", autoApprove: "true" },
      /changedSince: has an effect only with command: validate or plan or deploy/,
    ],
    [{ command: "plan", failOnChanges: "true" }, /changedSince: cannot be used with failOnChanges: true/],
    [{ changedSince: "--output=x" }, /changedSince: "--output=x" is not a Git reference/],
  ])("is refused before any request with %o", async (inputs, message) => {
    const { run } = await inRepository();
    const [step, records] = await requests(() => run({ changedSince: "deployed", ...inputs }));
    expect(step.errors).toEqual([expect.stringMatching(message)]);
    expect(Object.values(records).flat()).toEqual([]);
  });
});

/** Git in the job's working directory, as the checkout step leaves it. */
function gitOf({ job }: Checkout): (...command: string[]) => void {
  const identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
  return (...command) =>
    void execFileSync("git", ["-C", job.workingDirectory, ...identity, ...command], { stdio: "ignore" });
}
