import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { taskSources } from "../../scripts/releases.ts";
import { type Agent, type AgentSettings, type Job, type JobSettings, startAgent } from "../lab/agent/agent.ts";
import type { Deployer, Lab } from "../lab/lab.ts";
import { sourceChangedAfter } from "./package-age.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The folder of the example bundle that the documentation shows. */
export const exampleBundle = path.join(root, "examples", "bundle");

let current: string | undefined;

/** The packaged extension (EXTENSION_VSIX, else the one in dist); every e2e test runs what users get. */
export function packagedExtension(): string {
  const given = process.env["EXTENSION_VSIX"];
  if (given) return given;
  current ??= currentPackage();
  return current;
}

/** The package in dist; throws for one without the latest changes, whose tests would say nothing about them. */
function currentPackage(): string {
  const dist = path.join(root, "dist");
  const files = fs.existsSync(dist) ? fs.readdirSync(dist).filter((name) => name.endsWith(".vsix")) : [];
  const [file] = files;
  if (file === undefined || files.length > 1) {
    throw new Error(`dist must hold one .vsix, not ${files.length}: run "npm run package" first.`);
  }
  const built = path.join(dist, file);
  const changed = sourceChangedAfter(built, root, taskSources);
  if (changed !== undefined) throw new Error(`${changed} is newer than dist/${file}: run "npm run package" first.`);
  return built;
}

/** An agent in the lab's network, with the real Databricks CLI on its PATH. */
export async function labAgent(lab: Lab, node: string, settings: Partial<AgentSettings> = {}): Promise<Agent> {
  const cliFolder = path.dirname(await lab.programs.cli());
  const { environment, ...rest } = settings;
  return startAgent({
    vsix: packagedExtension(),
    node,
    ...lab.agentNetwork,
    environment: { PATH: `${cliFolder}:/usr/bin:/bin`, ...environment },
    ...rest,
  });
}

/** A job in which `bundle` (default: the example) is checked out as the folder `bundle`. */
export async function bundleJob(
  agent: Agent,
  lab: Lab,
  options: { deployers?: readonly Deployer[]; bundle?: string; job?: Partial<JobSettings> } = {},
): Promise<Job> {
  const job = await agent.startJob({ ...lab.job(...(options.deployers ?? [lab.deployer])), ...options.job });
  fs.cpSync(options.bundle ?? exampleBundle, path.join(job.workingDirectory, "bundle"), { recursive: true });
  return job;
}

/** Inputs that deploy the bundle of `bundleJob` to the lab's workspace. */
export function deployInputs(lab: Lab, overrides: Record<string, string> = {}): Record<string, string> {
  return {
    azureSubscription: lab.deployer.connection.id,
    workspaceUrl: lab.workspace.url,
    workingDirectory: "bundle",
    target: "dev",
    ...overrides,
  };
}
