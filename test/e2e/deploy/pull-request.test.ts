import fs from "node:fs";
import { describe, expect, it, vi } from "vitest";
import type { PullRequest } from "../../lab/azure-devops/pull-requests.ts";
import { type BundleFiles, bundleOf, job } from "../bundles/bundles.ts";
import { localPath } from "../harness.ts";
import { taskNodesWithCli } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const withJob = (name: string) => bundleOf("reviewed", job("hello", name, "s3cret-value"));
const shown = { command: "plan", target: "prod", pullRequestComment: "true" };

describe.each(taskNodesWithCli)("A plan on a pull request on $name", ({ path: node, cli }) => {
  const { lab, checkout, requests } = useLab(node, { cli });

  const inRun = async (files: BundleFiles, variables: Readonly<Record<string, string>>) => {
    const build = lab.azureDevOps.startBuild();
    const run = { buildId: build.id, jobId: build.startJob() };
    return { ...(await checkout(files, { job: { run, variables } })), buildId: build.id };
  };
  const validate = (pullRequest: PullRequest, files: BundleFiles) => inRun(files, pullRequest.variables);
  const only = (pullRequest: PullRequest) => {
    const threads = pullRequest.threads();
    expect(threads).toHaveLength(1);
    return { id: threads[0]?.id ?? 0, status: threads[0]?.status, text: threads[0]?.comments[0]?.content ?? "" };
  };

  it("is one thread, which each run updates, closes when there is nothing to change, and opens again", async () => {
    const pullRequest = lab.azureDevOps.openPullRequest();
    const first = await validate(pullRequest, withJob("Hello"));
    const step = await first.run(shown);
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.text).toContain("The plan is shown on the pull request, in a new thread.");
    const created = only(pullRequest);
    expect(created.status).toBe("active");
    expect(created.text).toMatch(/^### Databricks bundle `reviewed`, target `prod`\n/);
    expect(created.text).toContain("Plan: 1 to add, 0 to change, 0 to delete, 0 unchanged");
    expect(created.text).toContain("| `jobs.hello` | create |");
    expect(created.text).toMatch(
      new RegExp(`https://dev\\.azure\\.com/contoso/.*/_build/results\\?buildId=${first.buildId}&`),
    );
    expect(created.text).not.toContain("s3cret-value");
    expect(fs.readFileSync(localPath(step.outputs["planMarkdownPath"] ?? ""), "utf8")).toBe(created.text);

    await first.run({ target: "prod" });
    const second = await validate(pullRequest, withJob("Hello"));
    const same = await second.run(shown);
    expect(same.text).toContain("its thread on the pull request is closed");
    expect(only(pullRequest)).toMatchObject({ id: created.id, status: "fixed" });
    expect(only(pullRequest).text).toContain("A deploy would not change any resource.");

    const third = await validate(pullRequest, withJob("Renamed"));
    expect((await third.run(shown)).text).toContain("its thread is open again");
    expect(only(pullRequest)).toMatchObject({ id: created.id, status: "active" });
    expect(only(pullRequest).text).toMatch(/\| \[`jobs\.hello`\]\(https:.*\) \| update \| `name` \| `Renamed` \|/);

    pullRequest.setStatus(created.id, "closed");
    expect((await third.run(shown)).result).toBe("Succeeded");
    expect(only(pullRequest).status).toBe("closed");
    third.change(bundleOf("reviewed", `${job("hello", "Renamed", "s3cret-value")}\n        timeout_seconds: 60`));
    await third.run(shown);
    expect(only(pullRequest)).toMatchObject({ id: created.id, status: "active" });

    const before = only(pullRequest).text;
    expect((await first.run(shown)).text).toContain("already shows the plan of a later run");
    expect(only(pullRequest).text).toBe(before);
  });

  it("has a thread of its own for each target, and leaves other threads alone", async () => {
    const pullRequest = lab.azureDevOps.openPullRequest();
    const others = pullRequest.addThread("Looks good.");
    const { run } = await validate(pullRequest, bundleOf("targets", job("hello", "Hello")));
    await run(shown);
    await run({ ...shown, target: "dev" });
    expect(pullRequest.threads().map(({ comments }) => comments[0]?.content.split("\n", 1)[0])).toEqual([
      "Looks good.",
      "### Databricks bundle `targets`, target `prod`",
      "### Databricks bundle `targets`, target `dev`",
    ]);
    expect(pullRequest.threads()[0]).toMatchObject({ id: others, status: "active" });
  });

  it.each([
    ["copies it", (content: string) => content],
    ["imitates a later run", (content: string) => content.replace(/ \d+ ([0-9a-f]+) -->/, " 999999 $1 -->")],
  ])("is shown although another account %s", async (_, imitate) => {
    const pullRequest = lab.azureDevOps.openPullRequest();
    const { run } = await validate(pullRequest, bundleOf("imitated", job("hello", "Hello")));
    const step = await run(shown);
    const content = fs.readFileSync(localPath(step.outputs["planMarkdownPath"] ?? ""), "utf8");

    const imitated = lab.azureDevOps.openPullRequest();
    imitated.addThread(imitate(content));
    const again = await validate(imitated, bundleOf("imitated", job("hello", "Hello")));
    expect(await again.run(shown)).toMatchObject({ result: "Succeeded", issues: [] });
    expect(imitated.threads()).toHaveLength(2);
    await again.run(shown);
    expect(imitated.threads()).toHaveLength(2);
  });

  it("stays one thread when two runs plan at the same time", async () => {
    const pullRequest = lab.azureDevOps.openPullRequest();
    const held = lab.azureDevOps.fault({ hold: true }, 2, { method: "POST", path: /\/threads\?/ });
    const runs = await Promise.all([validate(pullRequest, withJob("Twice")), validate(pullRequest, withJob("Twice"))]);
    const steps = runs.map(({ run }) => run(shown));
    await vi.waitFor(() => expect(held.hits).toBe(2), { timeout: 60_000, interval: 50 });
    held.release();
    for (const { result, issues } of await Promise.all(steps))
      expect({ result, issues }).toEqual({ result: "Succeeded", issues: [] });
    only(pullRequest);
  });

  it("is a warning with the permission to grant if the build service may not write", async () => {
    const pullRequest = lab.azureDevOps.openPullRequest();
    const { run } = await validate(pullRequest, bundleOf("refused", job("hello", "Hello")));
    lab.azureDevOps.pullRequests.mayContribute = false;
    const step = await run(shown);
    lab.azureDevOps.pullRequests.mayContribute = true;
    expect(step.result).toBe("Succeeded");
    expect(step.warnings).toEqual([
      expect.stringMatching(
        /^The plan is not shown on the pull request, because Azure DevOps returned status 403: TF401027: .*"Contribute to pull requests" on the repository: Project settings › Repositories/s,
      ),
    ]);
    expect(step.outputs).toMatchObject({ changesPresent: "true", planMarkdownPath: expect.stringMatching(/\.md$/) });
  });

  it.each([
    ["does not answer", { reset: true }, /because .*dev\.azure\.com/],
    ["answers with a page", { status: 200, html: "<html></html>" }, /because Azure DevOps returned status 200/],
  ])("is a warning if Azure DevOps %s", async (_, fault, message) => {
    const pullRequest = lab.azureDevOps.openPullRequest();
    const { run } = await validate(pullRequest, bundleOf("unanswered", job("hello", "Hello")));
    const placed = lab.azureDevOps.fault(fault, 9, { path: /\/threads\?/ });
    const step = await run(shown);
    placed.release();
    expect(step.result).toBe("Succeeded");
    expect(step.warnings).toEqual([expect.stringMatching(message)]);
    expect(pullRequest.threads()).toEqual([]);
  });

  it("is one line in the log where there is no pull request, and a file on GitHub", async () => {
    const { run } = await inRun(bundleOf("elsewhere", job("hello", "Hello")), {});
    const [step, { azureDevOps }] = await requests(() => run(shown));
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.text).toContain("because this run does not validate one");
    expect(azureDevOps.every(({ path }) => path.includes("oidctoken"))).toBe(true);

    const { variables } = lab.azureDevOps.openPullRequest();
    const github = { ...variables, "Build.Repository.Provider": "GitHub", "Build.Repository.ID": "contoso/sales" };
    const onGitHub = await (await inRun(bundleOf("elsewhere", job("hello", "Hello")), github)).run(shown);
    expect(onGitHub.result).toBe("Succeeded");
    expect(onGitHub.warnings).toEqual([
      expect.stringContaining("not in Azure Repos (GitHub). A later step can publish"),
    ]);
    expect(fs.existsSync(localPath(onGitHub.outputs["planMarkdownPath"] ?? ""))).toBe(true);
  });

  it("starts only with command: plan", async () => {
    const { run } = await checkout(withJob("Hello"));
    const [step, { azureDevOps }] = await requests(() => run({ command: "deploy", pullRequestComment: "true" }));
    expect(step.errors).toEqual([
      expect.stringMatching(/pullRequestComment: has an effect only with command: plan, not with deploy/),
    ]);
    expect(azureDevOps).toEqual([]);
  });
});
