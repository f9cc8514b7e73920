import fs from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { exampleBundle, packagedExtension } from "../e2e/harness.ts";
import { taskNodes } from "../e2e/nodes.ts";
import { type Job, startAgent } from "./agent/agent.ts";
import { type Lab, startLab } from "./lab.ts";

interface PipelineStep {
  readonly task: string;
  readonly name?: string;
  readonly displayName?: string;
  readonly inputs?: Record<string, string>;
}

/** The steps of examples/azure-pipelines.yml, as an author would copy them. */
function exampleSteps(): PipelineStep[] {
  const file = path.join(exampleBundle, "..", "azure-pipelines.yml");
  return (parse(fs.readFileSync(file, "utf8")) as { steps: PipelineStep[] }).steps;
}

function heading(text: string): void {
  console.log(`\n=== ${text} ${"=".repeat(Math.max(0, 110 - text.length))}\n`);
}

async function publishReleases(lab: Lab): Promise<void> {
  await lab.releases.add({ version: "1.11.0", executable: await lab.programs.cli("1.11.0") });
  lab.releases.setLatest("1.11.0");
}

/** Runs the steps as a pipeline does: the first that fails ends it. */
async function runPipeline(job: Job): Promise<boolean> {
  for (const step of exampleSteps()) {
    const result = await job.run({ ...step, onLine: (line) => console.log(line) });
    console.log("");
    if (result.result !== "Succeeded") return false;
    for (const { content } of result.summaries) {
      heading("The summary on the run page (Markdown)");
      console.log(content);
    }
  }
  return true;
}

async function showWorkspace({ workspace, entra }: Lab): Promise<void> {
  heading(`What the workspace ${workspace.url} holds`);
  for (const job of await workspace.jobs()) console.log(`job       ${job.name} (id ${job.id}, owner ${job.owner})`);
  for (const one of await workspace.pipelines())
    console.log(`pipeline  ${one.name} (id ${one.id}, owner ${one.owner})`);
  for (const file of await workspace.files()) console.log(file);
  const authorised = workspace.requests.filter(({ subject }) => subject !== undefined).length;
  console.log(
    `\n${authorised} requests, each with one of the ${entra.issued.length} access token(s) that Entra issued.`,
  );
}

/** Deploys the example bundle through both packaged tasks with the real Databricks CLI, on this machine alone. */
async function demo(): Promise<boolean> {
  const [, newestNode] = taskNodes;
  const node = newestNode?.path ?? process.execPath;
  const lab = await startLab((line) => console.log(line));
  await publishReleases(lab);
  const agent = await startAgent({ vsix: packagedExtension(), node, ...lab.agentNetwork });
  try {
    const job = await agent.startJob(lab.job(lab.addDeployer([], "databricks-dev", { displayName: "sales-deployer" })));
    fs.cpSync(exampleBundle, path.join(job.workingDirectory, "bundle"), { recursive: true });
    heading("Pipeline log: examples/azure-pipelines.yml");
    const succeeded = await runPipeline(job);
    await job.finish();
    await showWorkspace(lab);
    return succeeded;
  } finally {
    await agent.dispose();
    await lab.close();
  }
}

process.exitCode = (await demo()) ? 0 : 1;
