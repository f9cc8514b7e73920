import type { CellOutcome, CellRun } from "./case.ts";
import type { Cell } from "./cells.ts";
import { runFaulted } from "./deploy-step.ts";
import { type Deployed, differences, newBundle, runElsewhere } from "./deployed.ts";
import type { Problem } from "./oracles.ts";

/** Deploys a bundle of one job. If the step fails after the CLI has begun, the next deploy must make everything right. */
export async function runDeploy(run: CellRun): Promise<CellOutcome> {
  const { lab } = run.room;
  const deployed = newBundle(lab);
  const { step, ms, ending, problems } = await runFaulted(run, deployed);
  const found = [...problems];
  if (ending === "succeeded") {
    for (const detail of await differences(lab, deployed)) found.push({ kind: "false success", detail });
  } else if (run.cell.moment !== "before") found.push(...(await recover(run, deployed)));
  return { ending, problems: found, ms, error: step.errors[0], log: step.text };
}

/**
 * Whether the workspace has created the job, but its answer with the ID never arrived. The next deploy then creates another one,
 * as docs/reliability.md explains for changes in flight.
 */
function isAnswerLost({ service, fault }: Cell): boolean {
  return service === "workspace" && (fault === "truncated" || fault === "one byte a second");
}

/** Deploys the bundle again, without other inputs. */
async function recover(run: CellRun, deployed: Deployed): Promise<Problem[]> {
  const { result, errors } = await runElsewhere(run, deployed);
  if (result !== "Succeeded") {
    const kind = errors.some((error) => error.includes("#deploy-lock")) ? "lock left" : "next deploy wrong";
    return [{ kind, detail: errors.join("\n") }];
  }
  const found = (await differences(run.room.lab, deployed)).filter(
    (one) => !(isAnswerLost(run.cell) && one === "2 jobs"),
  );
  return found.map((detail) => ({ kind: "next deploy wrong", detail }));
}
