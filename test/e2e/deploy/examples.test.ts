import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import type { Agent, Job, StepResult } from "../../lab/agent/agent.ts";
import type { Lab } from "../../lab/lab.ts";
import { exampleBundle } from "../harness.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";
import { type Example, type ExampleStep, exampleBundlePart, examplePipelines, jobsOf, stepsOf } from "./examples.ts";

/** The audience of ID tokens that Entra issues. */
const entraIssuerAudience = "fb60f99c-7a34-4190-8149-302f77469936";
const commented = "Plan as a comment on the pull request";
const onlyChanged = "Deploy only changed bundles";
const bundleFolders = ["bundle", "teams/sales", "teams/finance", "_sales/bundle"];

// One Node version is enough for the pipelines. Other tests run the tasks on both.
describe("Examples of the documentation", () => {
  const node = taskNodes.at(-1)?.path ?? "";
  const { lab, startAgent } = useLab(node, {
    prepare(started) {
      for (const clientId of federatedClients()) trust(started, clientId);
    },
  });

  it.each(examplePipelines())("$title", async (example) => {
    const agent = await startAgent();
    const pullRequest = lab.azureDevOps.openPullRequest();
    const usesThread = example.title === commented;
    const ofRun = usesThread ? pullRequest.variables : { "System.PullRequest.PullRequestId": "42" };
    const published = new Map<string, string>();
    const skipped: string[] = [];
    for (const { steps, variables } of jobsOf(example.pipeline)) {
      const job = await startJob(agent, example, { ...ofRun, ...variables });
      for (const step of steps) {
        const result = await runStep(job, step, published);
        if (result) expect(result.result, result.log.join("\n")).toBe("Succeeded");
        if (result?.outputs["skipped"]) skipped.push(result.outputs["skipped"]);
      }
      await job.finish();
    }
    expect(pullRequest.threads()).toHaveLength(usesThread ? 1 : 0);
    expect(skipped).toEqual(example.title === onlyChanged ? ["true", "false"] : []);
  });

  async function startJob(agent: Agent, example: Example, variables: Record<string, string>): Promise<Job> {
    const release = example.title.startsWith("Classic");
    const { connection } = lab.deployer;
    const job = await agent.startJob({
      ...lab.job(lab.deployer),
      ...(release ? { hostType: "release" } : {}),
      serviceConnections: ["databricks-dev", "databricks-prod"].map((name) => ({ ...connection, name })),
      variables,
    });
    for (const folder of bundleFolders) checkOut(path.join(job.workingDirectory, folder), example.title);
    if (example.title === onlyChanged) changeOneSinceTag(job.workingDirectory);
    return job;
  }

  /** Copies the example bundle, adds what the example shows, and the CLI version that one example needs. */
  function checkOut(folder: string, title: string): void {
    fs.cpSync(exampleBundle, folder, { recursive: true });
    const file = path.join(folder, "databricks.yml");
    const text = fs
      .readFileSync(file, "utf8")
      // The plan of a bundle that other examples have deployed would have no changes.
      .replace("name: sales", title === commented ? "name: reviewed" : "name: sales")
      .replace(/^ {2}name: \w+$/m, '$&\n  databricks_cli_version: ">= 1.10.0"');
    const { targets, variables } = exampleBundlePart(title) ?? {};
    const withTargets = targets ? text.replace(/^targets:\n/m, `targets:\n${indented(targets)}`) : text;
    fs.writeFileSync(
      file,
      variables ? withTargets.replace(/^variables:\n/m, `variables:\n${indented(variables)}`) : withTargets,
    );
  }

  async function runStep(job: Job, step: ExampleStep, published: Map<string, string>): Promise<StepResult | undefined> {
    const artifact = step.artifact ?? "";
    if (step.publish) {
      const [, name = ""] = /^\$\((.+)\)$/.exec(step.publish) ?? [];
      const file = job.variables.get(name) ?? "";
      const kept = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "artifact-")), path.basename(file));
      onTestFinished(() => fs.rmSync(path.dirname(kept), { recursive: true }));
      fs.copyFileSync(file, kept);
      published.set(artifact, kept);
    }
    if (step.download) {
      const folder = path.join(path.dirname(job.workingDirectory), artifact);
      fs.mkdirSync(folder);
      fs.copyFileSync(published.get(artifact) ?? "", path.join(folder, path.basename(published.get(artifact) ?? "")));
    }
    if (!step.task) return undefined;
    const inputs = Object.fromEntries(Object.entries(step.inputs ?? {}).map(([name, value]) => [name, String(value)]));
    const { task, name } = step;
    // It checks what is deployed.
    if (inputs["failOnChanges"]) await job.run({ task, inputs: { ...inputs, command: "deploy", failOnChanges: "" } });
    return job.run({ task, ...(name ? { name } : {}), inputs });
  }
});

/** Makes the checkout a repository, in which one bundle has changed since the tag of the example. */
function changeOneSinceTag(folder: string): void {
  const git = (...command: string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=A", "-c", "user.email=a@example.com", ...command]);
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", "deployed");
  git("tag", "deployed-prod");
  fs.appendFileSync(path.join(folder, "teams/finance/src/orders.py"), "# changed\n");
  git("commit", "--quiet", "--all", "--message", "changed");
}

/** Gives a Databricks service principal the federation policy that the documentation asks for. */
function trust({ workspace, federation, deployer }: Lab, clientId: string): void {
  workspace.addMember(clientId);
  federation.addPolicy({ ...deployer.federation, clientId, audience: entraIssuerAudience });
}

/** The application ids that examples with `authentication: databricks` sign in as. */
function federatedClients(): string[] {
  const steps = examplePipelines().flatMap(({ pipeline }) => stepsOf(pipeline));
  return steps.flatMap(({ inputs }) => (inputs?.["databricksClientId"] ? [String(inputs["databricksClientId"])] : []));
}

function indented(value: unknown): string {
  return stringify(value).replace(/^(?=.)/gm, "  ");
}
