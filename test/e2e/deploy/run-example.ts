import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { parse, stringify } from "yaml";
import type { Agent, Job, StepResult } from "../../lab/agent/agent.ts";
import { expandMacros } from "../../lab/agent/job/macros.ts";
import type { Lab } from "../../lab/lab.ts";
import { exampleBundle } from "../harness.ts";
import { clientNetwork } from "../login/clients.ts";
import { temporaryFolder } from "./example-tools.ts";
import { type Example, type ExampleJob, type ExampleStep, exampleFiles, jobsOf, stepsOf } from "./examples.ts";

/** What the jobs of one run pass on. */
interface RunState {
  /** Folders by the names of artifacts. */
  readonly artifacts: Map<string, string>;
  /** By `stage.job.outputs.name`. */
  readonly outputs: Map<string, string>;
}

/** What an example needs on the agent. */
export interface ExampleSettings {
  /** Where the bundle is; the folders of several examples by default. */
  readonly folders?: readonly string[];
  /** Changes the root file of the bundle. */
  readonly build?: (content: string) => string;
  /** Changes files that the example shows, by their path. */
  readonly change?: (file: string, text: string) => string;
}

/** Variables of the run, of its pull request and of the variable group that one example names. */
const runVariables = {
  "System.PullRequest.PullRequestId": "42",
  "System.StageAttempt": "1",
  apiKey: { value: "k3y-of-the-order-system", secret: true },
};

const bundleFolders = ["bundle", "teams/sales", "teams/finance", "_sales/bundle"];

/** Runs an example on an agent, with all steps that the lab's agent has; each must succeed. */
export async function runExample(
  lab: Lab,
  agent: Agent,
  example: Example,
  settings: ExampleSettings = {},
): Promise<void> {
  const state: RunState = { artifacts: new Map(), outputs: new Map() };
  const pullRequest = lab.azureDevOps.openPullRequest();
  const usesThread = uses(example, "pullRequestComment");
  const skipped: string[] = [];
  for (const exampleJob of jobsOf(example.pipeline)) {
    const ofRun = usesThread ? pullRequest.variables : {};
    const variables = { ...ofRun, ...resolved(exampleJob, state) };
    const job = await startJob(lab, agent, example, { ...exampleJob, variables });
    const folders = settings.folders ?? bundleFolders;
    for (const folder of folders) checkOut(path.join(job.workingDirectory, folder), example, settings);
    writeShownFiles(job.workingDirectory, example.title, settings);
    if (uses(example, "changedSince")) changeOneSinceTag(job.workingDirectory);
    for (const step of exampleJob.steps) {
      const result = await runStep(lab, job, step, state.artifacts);
      if (result) expect(result.result, result.log.join("\n")).toBe("Succeeded");
      for (const [name, value] of Object.entries(result?.outputs ?? {})) {
        const output = `${exampleJob.outputPrefix}${step.name}.${name}`;
        if (name === "skipped") skipped.push(value);
        state.outputs.set(`${exampleJob.stage}.${exampleJob.name}.${output}`, value);
      }
    }
    await job.finish();
  }
  expect(pullRequest.threads()).toHaveLength(usesThread ? 1 : 0);
  expect(skipped).toEqual(uses(example, "changedSince") ? ["true", "false"] : []);
}

function uses({ pipeline }: Example, input: string): boolean {
  return stepsOf(pipeline).some(({ inputs }) => inputs?.[input]);
}

/** Makes the checkout a repository with an origin, in which one bundle has changed since the tag of the example. */
function changeOneSinceTag(folder: string): void {
  const git = (...command: string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=A", "-c", "user.email=a@example.com", ...command]);
  const origin = temporaryFolder();
  git("init", "--quiet", "--bare", origin);
  git("init", "--quiet");
  git("remote", "add", "origin", origin);
  git("add", "--all");
  git("commit", "--quiet", "--message", "deployed");
  git("tag", "deployed-prod");
  fs.appendFileSync(path.join(folder, "teams/finance/src/orders.py"), "# changed\n");
  git("commit", "--quiet", "--all", "--message", "changed");
}

/**
 * A job's variables with the outputs of earlier jobs that they name. Outputs of a deployment job begin with its name
 * (learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs#support-for-output-variables).
 */
function resolved({ stage, variables }: ExampleJob, { outputs }: RunState): Record<string, string> {
  const expression = /^\$\[ (?:dependencies|stageDependencies\.(\w+))\.(\w+)\.outputs\['([\w.]+)'\] \]$/;
  const entries = Object.entries(variables).map(([name, value]) => {
    if (!value.startsWith("$[")) return [name, value] as const;
    const [, otherStage = stage, job, output] = expression.exec(value) ?? [];
    const found = outputs.get(`${otherStage}.${job}.${output}`);
    if (found === undefined)
      throw new Error(`No job before has set ${value}; there is ${[...outputs.keys()].join(", ")}.`);
    return [name, found] as const;
  });
  return Object.fromEntries(entries);
}

async function startJob(lab: Lab, agent: Agent, { title }: Example, { variables }: ExampleJob): Promise<Job> {
  const { connection } = lab.deployer;
  return agent.startJob({
    ...lab.job(lab.deployer),
    ...(title.startsWith("Classic") ? { hostType: "release" } : {}),
    serviceConnections: ["databricks-dev", "databricks-prod"].map((name) => ({ ...connection, name })),
    variables: { ...runVariables, ...variables },
  });
}

/** Copies the example bundle, adds what the example shows of it, and the CLI version that one example needs. */
function checkOut(folder: string, example: Example, { build = (content) => content }: ExampleSettings): void {
  fs.cpSync(exampleBundle, folder, { recursive: true });
  const file = path.join(folder, "databricks.yml");
  const content = parse(fs.readFileSync(file, "utf8")) as Record<string, Record<string, unknown>>;
  // The plan of a bundle that other examples have deployed would have no changes.
  const renamed = uses(example, "pullRequestComment") ? { name: "reviewed" } : {};
  content["bundle"] = { ...content["bundle"], ...renamed, databricks_cli_version: ">= 1.10.0" };
  for (const part of exampleFiles(example.title).bundle) {
    for (const [key, value] of Object.entries(part)) content[key] = { ...content[key], ...(value as object) };
  }
  fs.writeFileSync(file, build(stringify(content)));
}

/** The files that the example shows, and the sources and tests that its commands need. */
function writeShownFiles(folder: string, title: string, { change = (_file, text) => text }: ExampleSettings): void {
  const sources = {
    "bundle/sales/__init__.py": "",
    "bundle/sales/main.py": "def report():\n    print(1)\n",
    "tests/unit/test_sales.py": "def test_sum():\n    assert sum([1, 2]) == 3\n",
    "tests/integration/test_host.py":
      'import os\n\n\ndef test_host():\n    assert os.environ["DATABRICKS_HOST"].startswith("https://adb-")\n',
  };
  for (const [name, text] of Object.entries({ ...sources, ...exampleFiles(title).files })) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, change(name, text));
  }
}

async function runStep(
  lab: Lab,
  job: Job,
  step: ExampleStep,
  artifacts: Map<string, string>,
): Promise<StepResult | undefined> {
  const expand = (text = "") => expandMacros(text, (name) => job.variables.get(name));
  const artifact = expand(step.artifact);
  const pipelineWorkspace = path.dirname(job.workingDirectory);
  if (step.publish) {
    // Azure Pipelines: "Artifact plan already exists for build 123."
    if (artifacts.has(artifact)) throw new Error(`Artifact ${artifact} already exists.`);
    const kept = temporaryFolder();
    const file = expand(step.publish);
    fs.copyFileSync(file, path.join(kept, path.basename(file)));
    artifacts.set(artifact, kept);
  }
  if (step.download) {
    const kept = artifacts.get(artifact);
    if (kept === undefined) throw new Error(`No job has published ${artifact}.`);
    fs.cpSync(kept, path.join(pipelineWorkspace, artifact), { recursive: true });
  }
  const named = step.name ? { name: step.name } : {};
  const script = step.bash ?? step.script;
  if (script) {
    const inputs = { targetType: "inline", script, workingDirectory: step.workingDirectory ?? "" };
    return job.run({ task: "Bash@3", ...named, inputs, env: { ...clientNetwork(lab), ...step.env } });
  }
  if (!step.task?.startsWith("Databricks")) return undefined;
  const inputs = Object.fromEntries(
    Object.entries(step.inputs ?? {}).map(([name, value]) => [name, String(value)] as const),
  );
  const { task, env = {} } = step;
  // It checks what is deployed.
  if (inputs["failOnChanges"])
    await job.run({ task, inputs: { ...inputs, command: "deploy", failOnChanges: "" }, env });
  return job.run({ task, ...named, inputs, env });
}
