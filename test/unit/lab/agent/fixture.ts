import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";
import { onTestFinished } from "vitest";
import {
  type Agent,
  type AgentSettings,
  type JobSettings,
  type ServiceConnection,
  type StepResult,
  type StepSettings,
  startAgent,
} from "../../../lab/agent/agent.ts";
import { SecretMasker } from "../../../lab/agent/job/masker.ts";
import { Variables } from "../../../lab/agent/job/variables.ts";
import { readTaskDefinition, type TaskDefinition } from "../../../lab/agent/server/task-definition.ts";
import { validateInputs } from "../../../lab/agent/server/validation.ts";
import { resolveInputs } from "../../../lab/agent/step/inputs.ts";

export const nodes = [20, 24].map((major) => ({ major, node: nodeBinary(major) }));

export const jobSettings: JobSettings = {
  collectionUrl: "https://dev.azure.com/contoso/",
  jobToken: "job-token-0123456789",
};

/** A service connection, which `resolveGiven` knows. */
export const someConnection: ServiceConnection = {
  id: "0e4a0a5e-0000-4000-8000-00000000000a",
  name: "my wif",
  url: "https://management.azure.com/",
  scheme: "WorkloadIdentityFederation",
  parameters: { tenantid: "tenant-1", serviceprincipalid: "client-1" },
  data: {},
};

/** An input that takes it. */
export const connectionInput = { name: "connection", type: "connectedService:AzureRM" };

/** A task that runs the JavaScript in its input `script`. */
export const scriptTask = {
  id: "5f1e2d3c-0000-4000-8000-000000000001",
  name: "Script",
  friendlyName: "Run a script",
  description: "Runs what it is given",
  author: "lab",
  helpMarkDown: "none",
  visibility: ["Build", "Release"] as string[] | undefined,
  runsOn: ["Agent", "DeploymentGroup"] as string[] | undefined,
  version: { Major: 1, Minor: 2, Patch: 3 },
  inputs: [{ name: "script", type: "multiLine", required: true }] as Record<string, unknown>[],
  execution: { Node24: { target: "index.js" }, Node20_1: { target: "index.js" } } as Record<string, unknown>,
};

export type TaskJson = Partial<typeof scriptTask> & Record<string, unknown>;

/** Packages scriptTask, changed by `task`, as an extension; gives the path of the .vsix. */
export function packageTask(task: TaskJson = {}, files: Record<string, string> = {}): string {
  const manifest = { contributions: [{ type: "ms.vss-distributed-task.task", properties: { name: "ScriptV1" } }] };
  const entries = {
    "extension.vsomanifest": JSON.stringify(manifest),
    "ScriptV1/task.json": JSON.stringify({ ...scriptTask, ...task }),
    "ScriptV1/index.js": "eval(process.env.INPUT_SCRIPT);",
    ...files,
  };
  const vsix = path.join(temporaryFolder(), "lab.vsix");
  fs.writeFileSync(
    vsix,
    zipSync(Object.fromEntries(Object.entries(entries).map(([name, content]) => [name, strToU8(content)]))),
  );
  return vsix;
}

/** An agent for one test. */
export async function labAgent(settings: Partial<AgentSettings> = {}, task: TaskJson = {}): Promise<Agent> {
  const agent = await startAgent({ vsix: packageTask(task), node: nodeBinary(20), ...settings });
  onTestFinished(() => agent.dispose());
  return agent;
}

/** Runs a script as the one step of a job, on an agent of its own. */
export async function runScript(
  script: string,
  { agent = {}, task = {}, job = {}, step = {} }: ScriptSettings = {},
): Promise<StepResult> {
  const started = await (await labAgent(agent, task)).startJob({ ...jobSettings, ...job });
  return started.run({ ...scriptStep(script), ...step });
}

export interface ScriptSettings {
  readonly agent?: Partial<AgentSettings>;
  readonly task?: TaskJson;
  readonly job?: Partial<JobSettings>;
  readonly step?: Partial<StepSettings>;
}

export function scriptStep(script: string): StepSettings {
  return { task: "Script@1", inputs: { script } };
}

/** A Bash script, as the server sends it for `bash:`. */
export function bashStep(script: string, settings: Partial<StepSettings> = {}): StepSettings {
  return { task: "Bash@3", inputs: { targetType: "inline", script }, ...settings };
}

/** A script that writes these lines to standard output. */
export function print(...lines: string[]): string {
  return `process.stdout.write(${JSON.stringify(lines.map((line) => `${line}\n`).join(""))});`;
}

/** A script that prints its whole environment as JSON, for `environmentOf`. */
export const printEnvironment = "console.log(JSON.stringify(process.env));";

export function environmentOf(result: StepResult): Record<string, string> {
  return JSON.parse(result.raw.stdout.at(-1) ?? "{}");
}

/** What a step logged between its banner and its end. */
export function bodyOf(result: StepResult): string[] {
  return result.log.slice(result.log.lastIndexOf("=".repeat(78)) + 1, -1);
}

/** A step's issues, each as `type: message`. */
export function messagesOf(result: StepResult): string[] {
  return result.issues.map(({ type, message }) => `${type}: ${message}`);
}

/** Runs a task that prints these lines. */
export function runLines(lines: string[], settings: ScriptSettings = {}): Promise<StepResult> {
  return runScript(print(...lines), settings);
}

/** The definition of a task with these inputs. */
export function taskWith(...inputs: Record<string, unknown>[]): TaskDefinition {
  return readTaskDefinition({ ...scriptTask, inputs }, "Script", ["index.js"]);
}

/** The inputs that a task gets when its author gives these, by name. */
export function resolveGiven(task: TaskDefinition, given: Record<string, string>): Record<string, string> {
  const variables = new Variables(new SecretMasker());
  variables.set("Name", " value ");
  const sources = {
    variables: (text: string) => variables.expand(text),
    environment: { AGENT_SIDE: "of the agent" },
    fileRoot: "/work/1/s",
  };
  const inputs = resolveInputs(task, validateInputs(task, given, [someConnection]), sources);
  return Object.fromEntries([...inputs].map(([{ name }, value]) => [name, value]));
}

/** The name of a running process; empty when there is none. */
export function commandOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    return / Z /.test(stat) ? "" : (/\((.*)\)/.exec(stat)?.[1] ?? "");
  } catch {
    return "";
  }
}

export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "agent-test-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function nodeBinary(major: number): string {
  return fileURLToPath(new URL(`../../../../node_modules/node${major}/bin/node`, import.meta.url));
}
