import type { Lab } from "../../lab/lab.ts";
import type { Step } from "../steps/step.ts";
import type { CellOutcome, CellRun } from "./case.ts";
import type { Cell } from "./cells.ts";
import { type FaultedStep, runFaulted } from "./deploy-step.ts";
import { type Deployed, differences, jobsOf, newBundle, rootOf, runElsewhere } from "./deployed.ts";
import { failedRun, type Problem, type ProblemKind } from "./oracles.ts";

/** Deploys a bundle without a fault, for the command of the cell. */
async function deployFirst(run: CellRun): Promise<Deployed> {
  const deployed = newBundle(run.room.lab);
  const { result, errors } = await runElsewhere(run, deployed);
  if (result !== "Succeeded") throw new Error(`The deploy before the fault failed: ${errors.join("\n")}`);
  return deployed;
}

function outcomeOf({ step, ms, ending, problems }: FaultedStep, more: readonly Problem[]): CellOutcome {
  return { ending, problems: [...problems, ...more], ms, error: step.errors[0], log: step.text };
}

function problemsOf(kind: ProblemKind, details: readonly string[]): Problem[] {
  return details.map((detail) => ({ kind, detail }));
}

/**
 * Whether the workspace itself says that something does not exist: a command must believe it, and then rightly plans to create
 * the job again, or finds nothing to delete.
 */
function isDenied({ fault }: Cell): boolean {
  return fault === "404";
}

/** Validates a bundle that is not deployed: the step must leave nothing in the workspace. */
export async function runValidate(run: CellRun): Promise<CellOutcome> {
  const { lab } = run.room;
  const bundle = newBundle(lab);
  const faulted = await runFaulted(run, bundle, { command: "validate" });
  const { page = "no page" } = faulted.step;
  const isWrong = faulted.ending === "succeeded" && !page.includes("valid; nothing was deployed");
  return outcomeOf(faulted, [
    ...problemsOf("false success", isWrong ? [page] : []),
    ...problemsOf("changed something", await leftOf(lab, bundle)),
  ]);
}

/** Plans a bundle whose job somebody has changed in the workspace: the plan must say so, and change nothing. */
export async function runPlan(run: CellRun): Promise<CellOutcome> {
  const { lab, person } = run.room;
  const deployed = await deployFirst(run);
  const [job] = await jobsOf(lab, deployed);
  const settings = { ...job?.settings, max_concurrent_runs: 7 };
  await person.call("POST", "/api/2.2/jobs/reset", { job_id: Number(job?.id), new_settings: settings });
  const faulted = await runFaulted(run, deployed, { command: "plan" });
  const isWrong = faulted.ending === "succeeded" && !isDenied(run.cell);
  return outcomeOf(faulted, [
    ...problemsOf("false success", isWrong ? planMistakes(faulted.step) : []),
    ...problemsOf("changed something", await differences(lab, deployed)),
  ]);
}

/** The plan that the step shows, if it is not the right one. */
function planMistakes({ text, outputs }: Step): string[] {
  const [shown = "no plan"] = text.match(/^.*Plan: \d+ to add.*$/m) ?? [];
  const isRight =
    / 0 to add, 1 to change, 0 to delete, 0 unchanged/.test(shown) && outputs["changesPresent"] === "true";
  return isRight ? [] : [`${shown} ${JSON.stringify(outputs)}`];
}

/** Destroys a bundle. If the step fails, the next destroy must delete everything that is left. */
export async function runDestroy(run: CellRun): Promise<CellOutcome> {
  const { lab } = run.room;
  const deployed = await deployFirst(run);
  const inputs = { command: "destroy", autoApprove: "true" };
  const faulted = await runFaulted(run, deployed, inputs);
  if (faulted.ending === "succeeded") {
    const left = isDenied(run.cell) ? [] : await leftOf(lab, deployed);
    return outcomeOf(faulted, problemsOf("false success", left));
  }
  const { result, errors } = await runElsewhere(run, deployed, inputs);
  if (result === "Succeeded") return outcomeOf(faulted, problemsOf("next destroy wrong", await leftOf(lab, deployed)));
  const kind = errors.some((error) => error.includes("#deploy-lock")) ? "lock left" : "next destroy wrong";
  return outcomeOf(faulted, problemsOf(kind, [errors.join("\n")]));
}

/** What is in the workspace that a destroy must delete. */
async function leftOf(lab: Lab, deployed: Deployed): Promise<string[]> {
  const jobs = await jobsOf(lab, deployed);
  return [...jobs.map(({ id }) => `job ${id}`), ...(await lab.workspace.files(rootOf(deployed)))];
}

/** Runs a job whose run fails in the workspace: a step that succeeds has not read the result. */
export async function runRun(run: CellRun): Promise<CellOutcome> {
  const { lab } = run.room;
  const deployed = await deployFirst(run);
  const faulted = await runFaulted(run, deployed, { command: "run", run: "only" });
  const { step, ending } = faulted;
  return outcomeOf(faulted, [
    ...problemsOf("false success", ending === "succeeded" ? ["the run has failed"] : []),
    ...problemsOf("run left", isRunLeft(lab, deployed, step) ? [step.errors.join("\n")] : []),
    ...problemsOf("changed something", await differences(lab, deployed)),
  ]);
}

/** Whether a run that the step knew may go on without a word about it. */
function isRunLeft(lab: Lab, { deployer }: Deployed, { text, errors }: Step): boolean {
  const isKnown = /\/jobs\/\d+\/runs\/\d+/.test(text);
  if (!isKnown || errors.some((error) => failedRun.test(error)) || /may still be running/.test(text)) return false;
  const cancels = lab.workspace.requests.filter(({ path }) => /\/jobs\/runs\/cancel$/.test(path));
  return !cancels.some(({ subject, status }) => subject === deployer.clientId && status === 200);
}
