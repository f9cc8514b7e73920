import fs from "node:fs";
import path from "node:path";
import { exampleBundle, packagedExtension } from "../e2e/harness.ts";
import { newestNode } from "../e2e/nodes.ts";
import { type Job, PipelineInvalid, startAgent } from "../lab/agent/agent.ts";
import { type Lab, type SetupStep, startLab } from "../lab/lab.ts";
import { type OwnPipeline, readArguments, UsageError, usage } from "./arguments.ts";
import { nextSteps } from "./next.ts";
import { type Pipeline, type PipelineStep, readPipeline } from "./pipeline.ts";
import { type Requirements, requirementsOf } from "./requirements.ts";

const newestVersion = "1.11.0";
const examples = path.dirname(exampleBundle);
const example: OwnPipeline = { pipeline: path.join(examples, "azure-pipelines.yml"), folder: examples };

function printHeading(text: string): void {
  console.log(`\n=== ${text} ${"=".repeat(Math.max(0, 110 - text.length))}\n`);
}

/** Publishes the newest version, and those that the pipeline asks for: the same CLI that reports another version. */
async function publishReleases(lab: Lab, versions: readonly string[]): Promise<void> {
  for (const version of new Set([newestVersion, ...versions])) {
    await lab.releases.add({ version, executable: await lab.programs.cli(version) });
  }
  lab.releases.setLatest(newestVersion);
}

/** Runs the steps as a pipeline does: the first that fails ends it. */
async function runSteps(job: Job, steps: readonly PipelineStep[]): Promise<boolean> {
  for (const { settings, notes } of steps) {
    for (const note of notes) console.log(`${note}\n`);
    if (settings === undefined) continue;
    const { result, summaries } = await job.run({ ...settings, onLine: (line) => console.log(line) });
    console.log("");
    for (const { content } of summaries) {
      printHeading("The summary on the run page (Markdown)");
      console.log(content);
    }
    if (result !== "Succeeded" && result !== "SucceededWithIssues") return false;
  }
  return true;
}

async function printWorkspace({ workspace, entra }: Lab): Promise<void> {
  printHeading(`What the workspace ${workspace.url} holds`);
  for (const job of await workspace.jobs()) console.log(`job       ${job.name} (id ${job.id}, owner ${job.owner})`);
  for (const one of await workspace.pipelines()) {
    console.log(`pipeline  ${one.name} (id ${one.id}, owner ${one.owner})`);
  }
  for (const file of await workspace.files()) console.log(file);
  const authorized = workspace.requests.filter(({ subject }) => subject !== undefined).length;
  console.log(
    `\n${authorized} requests, each with one of the ${entra.issued.length} access token(s) that Entra issued.`,
  );
}

/** What the lab offers to a pipeline that is not the example. */
function printOffer(
  lab: Lab,
  { connections, workspaceHosts, cliVersions }: Requirements,
  missing: readonly string[],
): void {
  const hosts = workspaceHosts.length > 0 ? workspaceHosts.map((host) => `https://${host}`) : [lab.workspace.url];
  printHeading("What the lab offers to this pipeline");
  console.log(`Workspace            ${hosts.join(", ")}`);
  console.log(`Service connections  ${connections.map(({ name }) => name).join(", ") || "none"}`);
  console.log(`Set-up steps missing ${missing.join(", ") || "none"}`);
  console.log(`Databricks CLI       ${[...new Set([newestVersion, ...cliVersions])].join(", ")}`);
}

/** A checkout has no local state of the CLI and no installed packages. */
function copyRepository(folder: string, target: string): void {
  const left = [".databricks", "node_modules"];
  fs.cpSync(folder, target, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !left.includes(path.basename(source)) || source === folder,
  });
}

/** Runs a pipeline through both packaged tasks with the real Databricks CLI, on this machine only. */
async function runDemo(own: OwnPipeline | undefined, missing: readonly SetupStep[]): Promise<boolean> {
  const { pipeline: file, folder } = own ?? example;
  const pipeline: Pipeline = readPipeline(fs.readFileSync(file, "utf8"));
  const needs = requirementsOf(pipeline, folder);
  const node = newestNode.path;
  const log = (line: string) => console.log(line);
  const lab = await startLab(log, needs.workspaceHosts.length > 0 ? needs.workspaceHosts : undefined);
  try {
    await publishReleases(lab, needs.cliVersions);
    const deployers = needs.connections.map(({ name, cloud }) =>
      lab.addDeployer(missing, name, { cloud, displayName: own ? `${name}-deployer` : "sales-deployer" }),
    );
    if (own) printOffer(lab, needs, missing);
    const agent = await startAgent({ vsix: packagedExtension(), node, ...lab.agentNetwork });
    try {
      const job = await agent.startJob({ ...lab.job(...deployers), variables: pipeline.variables });
      copyRepository(folder, job.workingDirectory);
      printHeading(`Pipeline log: ${own ? file : "examples/azure-pipelines.yml"}`);
      const succeeded = await runSteps(job, pipeline.steps);
      await job.finish();
      await printWorkspace(lab);
      printHeading("What next");
      for (const line of nextSteps(own, missing)) console.log(line);
      return succeeded;
    } finally {
      await agent.dispose();
    }
  } finally {
    await lab.close();
  }
}

/** The exit code of a command line. */
async function main(args: readonly string[]): Promise<number> {
  try {
    // npm runs scripts in the folder of package.json; INIT_CWD is where its user is.
    const { help, own, missing } = readArguments(args, process.env["INIT_CWD"] ?? process.cwd());
    if (help) {
      console.log(usage);
      return 0;
    }
    return (await runDemo(own, missing)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof PipelineInvalid)) throw error;
    console.error(error.message);
    if (error instanceof UsageError) console.error("\nnpm run demo -- --help prints how to use the demo.");
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
