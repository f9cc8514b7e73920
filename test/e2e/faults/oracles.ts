import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { troubleshootingSections } from "../../../tasks/common/pipeline/errors.ts";
import type { Job } from "../../lab/agent/agent.ts";
import type { Deployer, Lab } from "../../lab/lab.ts";
import { findLeaks, linesOf, type Secret, type Trace } from "../leak-search.ts";
import { leftProcesses } from "../steps/left-processes.ts";
import type { Step } from "../steps/step.ts";
import { type Cell, isEndless, longestMs } from "./cells.ts";
import { faultKinds } from "./fault-kinds.ts";

/**
 * How a step ended: with success, with an error about the fault, with the error of the run of a job (which fails in the workspace),
 * canceled, by its time limit as expected, or in another way.
 */
export type Ending = "succeeded" | "own message" | "failed run" | "canceled" | "timed out" | "another message";

/** What can be wrong with a cell. */
export type ProblemKind =
  | "another message"
  | "too slow"
  | "leak"
  | "false success"
  | "process left"
  | "file left"
  | "lock left"
  | "next deploy wrong"
  | "next destroy wrong"
  | "changed something"
  | "run left"
  | "fault not met"
  | "not examined";

/** One thing that is wrong with a cell, with the facts. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly detail: string;
}

/** Secret variables of a job: of one line, of several lines, and a very long one. */
export function secretVariables() {
  const random = (bytes: number) => randomBytes(bytes).toString("hex");
  const secret = (value: string) => ({ value, secret: true });
  const variables = {
    "fault.password": secret(`pa$$;${random(16)}%`),
    "fault.key": secret([random(24), random(24), random(24)].join("\n")),
    "fault.long": secret(random(40_000)),
  };
  return { variables, secrets: Object.entries(variables).flatMap(([name, { value }]) => linesOf(name, value)) };
}

/** The tokens that belong to a service principal. */
export function tokensOf({ clientId, federation }: Deployer, lab: Lab, jobToken: string): Secret[] {
  const ids = lab.azureDevOps.issued.filter((token) => claim(token, "sub") === federation.subject);
  const access = lab.entra.issued.filter((token) => claim(token, "appid") === clientId);
  return [
    { name: "job access token", value: jobToken },
    ...ids.map((value) => ({ name: "ID token", value })),
    ...access.map((value) => ({ name: "access token", value })),
  ];
}

function claim(token: string, name: string): unknown {
  return (JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>)[name];
}

/** The secret paths of metadata services in what a step gave to its processes or to later steps. */
export function metadataPaths(texts: readonly string[]): Secret[] {
  const urls = texts.flatMap((text) => [...text.matchAll(/http:\/\/127\.0\.0\.1:\d+\/([\w-]{20,})/g)]);
  const paths = new Set(urls.map(([, secret = ""]) => secret));
  return [...paths].map((value) => ({ name: "path of the metadata service", value }));
}

/**
 * What users see. The proxy's password and the metadata service's path are elsewhere by design: in the environment of the CLI, in
 * the variables for later steps, and in the raw output, in which the agent hides them.
 */
const shown = /^(log|issue|summary|attachment|request to another host)/;

/** The leaks of a step. `hidden` may be nowhere; `passed` may only not be shown. */
export function leaks(hidden: readonly Secret[], passed: readonly Secret[], traces: readonly Trace[]): Problem[] {
  const visible = traces.filter(({ where }) => shown.test(where));
  const found = [...findLeaks(hidden, traces), ...findLeaks(passed, visible)];
  return found.map((detail) => ({ kind: "leak", detail }));
}

/** The error of a renewal that has not succeeded when the CLI can no longer wait. */
const noTokenInTime = /^Did not get a new access token from .* within \d+ seconds/;
/** The error of a step that has read the result of a run. */
export const failedRun = /^The run of \w+ ended with FAILED: The notebook failed/;
const help = new RegExp(`#(${troubleshootingSections.join("|")})$`, "m");

/** How a step ended, by what it shows. A step that was canceled may also have failed just before. */
export function endingOf({ result, errors }: Pick<Step, "result" | "errors">, cell: Cell): Ending {
  const { task, fault, moment } = cell;
  if (isEndless(cell)) return errors.includes("The task has timed out.") ? "timed out" : "another message";
  if (result === "Succeeded" || result === "SucceededWithIssues") return "succeeded";
  if (result === "Canceled" && moment === "cancel") return "canceled";
  const [last = ""] = errors.filter((error) => help.test(error));
  const isAbout = faultKinds[fault].words.test(last) || (moment === "renewal" && noTokenInTime.test(last));
  if (task === "run" && result === "Failed" && failedRun.test(last)) return "failed run";
  return result === "Failed" && isAbout ? "own message" : "another message";
}

/** What is wrong with the time of a step, with what it printed and with what it left. */
export async function generalProblems(cell: Cell, step: Step, ending: Ending, job: Job): Promise<Problem[]> {
  const problems: Problem[] = [];
  const note = (kind: ProblemKind, detail: string) => void problems.push({ kind, detail });
  if (ending === "another message") note("another message", `${step.result}: ${step.errors.join("\n") || "no error"}`);
  if (/unexpected error/.test(step.text)) note("another message", "an unexpected error");
  if (step.durationMs > longestMs(cell)) note("too slow", `${Math.round(step.durationMs / 1000)} s`);
  if (step.taskFolderChanged) note("file left", "in the task's own folder");
  for (const file of step.leftInTemp.filter((name) => !isUpload(name))) note("file left", `${file} (temporary folder)`);
  if (cell.task !== "login") for (const command of await leftProcesses(job)) note("process left", command);
  return problems;
}

/** Pages that the agent reads when the step has ended. */
function isUpload(name: string): boolean {
  return /^databricks-\w+(\/|\/[\w -]+\.(md|json))?$/.test(name);
}

/** Whether a file has the same bytes as another. */
export function isCopy(file: string | undefined, original: string): boolean {
  return file !== undefined && fs.existsSync(file) && digest(file) === digest(original);
}

function digest(file: string): string {
  return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}

/** The files below a folder, relative to it. */
export function filesBelow(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}
