import fs from "node:fs";
import path from "node:path";
import type { Lab } from "../../lab/lab.ts";
import type { RecordedRequest } from "../../lab/workspace/workspace.ts";
import { normalizer } from "./normalize.ts";

/** One of the two ways in which a bundle is deployed: with the plain CLI, or in a pipeline with the task. */
export interface Side {
  readonly steps: readonly SideStep[];
}

/** A command as one side ran it. All texts are normalized. */
export interface SideStep {
  readonly command: string;
  readonly succeeded: boolean;
  /** What a user reads in the log. */
  readonly lines: readonly string[];
  /** What the run page shows: only the task has them. */
  readonly issues: readonly SideIssue[];
  /** What the CLI changed in the workspace. */
  readonly changes: readonly string[];
  /** What the task itself changed there. */
  readonly ownChanges: readonly string[];
  /** What the workspace contains afterwards, one line for each object. */
  readonly contents: readonly string[];
}

export interface SideIssue {
  readonly type: "error" | "warning";
  readonly message: string;
  readonly line?: number;
}

/** The commands of a comparison, with their arguments for the CLI and the inputs of the task. */
export const commands = {
  validate: { arguments: [], inputs: {} },
  plan: { arguments: [], inputs: {} },
  deploy: { arguments: ["--auto-approve"], inputs: { autoApprove: "true" } },
  destroy: { arguments: ["--auto-approve"], inputs: { autoApprove: "true" } },
} as const;

export type CorpusCommand = keyof typeof commands;

/** Changes that the CLI makes to the workspace, and those of the task, among these requests. */
export function changesIn(
  requests: readonly RecordedRequest[],
  normalize: (text: string) => string,
): Pick<SideStep, "changes" | "ownChanges"> {
  const changing = requests.filter((request) => !["GET", "HEAD"].includes(request.method) && changesSomething(request));
  const lineOf = ({ method, path, body, status }: RecordedRequest) =>
    normalize(`${method} ${decodeURIComponent(path)}${contentOf(path, body)} → ${status}`);
  const isOfCli = ({ userAgent = "" }: RecordedRequest) => userAgent.startsWith("cli/");
  return {
    changes: changing.filter(isOfCli).map(lineOf).sort(),
    ownChanges: changing.filter((one) => !isOfCli(one)).map(lineOf),
  };
}

/**
 * Without telemetry, and without what depends on who creates the folder of the state: the task creates it before the CLI does, for
 * its own files beside the state. Otherwise, the first write of the CLI gets 404, and the CLI creates the folder and writes again.
 */
function changesSomething({ path, body = "", status }: RecordedRequest): boolean {
  if (/^\/(telemetry-ext|oidc\/)/.test(path)) return false;
  const isRefusedWrite = status === 404 && /\/import-file\/.*\/state\//.test(decodeURIComponent(path));
  return !isRefusedWrite && !(path.endsWith("/workspace/mkdirs") && body.includes('/state"'));
}

/** A file's content is compared where the workspace has it; the CLI's state contains times and numbers of its own. */
function contentOf(path: string, body: string | undefined): string {
  if (body === undefined || body === "" || path.includes("/import-file/")) return "";
  return ` ${body}`;
}

/** Contents that two builds or deployments of the same bundle never share: most contain times. */
const unlike = /\.(pyc|whl|zip|jar|gz)$|\/state\/(deployment|deploy)\.(json|lock)$|\/state\/metadata\.json$/;

/** Files, jobs and pipelines in the workspace, without those that the task keeps for itself. */
export async function contentsOf(lab: Lab, normalize: (text: string) => string): Promise<string[]> {
  const files = (await lab.workspace.files()).filter((line) => !/\/state\/azure-pipelines\.[^/]*$/.test(line));
  const described: string[] = [];
  for (const line of files) {
    const file = line.slice(line.indexOf(" ") + 1);
    const content = unlike.test(file) ? "" : ` ${normalize(await lab.workspace.readFile(file))}`;
    described.push(normalize(line) + content);
  }
  const jobs = (await lab.workspace.jobs()).map(({ settings }) => `JOB ${normalize(JSON.stringify(settings))}`);
  const pipelines = (await lab.workspace.pipelines()).map(({ name }) => `PIPELINE ${normalize(name)}`);
  return [...described, ...jobs, ...pipelines].sort();
}

/** Makes the texts of one side comparable with those of the other. */
export function sideNormalizer(folder: string, clientId: string): (text: string) => string {
  const real = fs.realpathSync(folder);
  const folders = [folder, real].flatMap((one) => [one, path.dirname(one)]);
  return normalizer([
    ...folders.map((one, index) => [one, index % 2 === 0 ? "[BUNDLE]" : "[ABOVE]"] as const),
    [clientId, "[ME]"],
    [clientId.replaceAll("-", "_"), "[ME]"],
    [clientId.replaceAll("-", ""), "[ME]"],
  ]);
}
