import { complete, print, warn } from "../common/pipeline/commands.ts";
import { parsedMembers, textOf } from "../common/pipeline/json.ts";
import { reportLine, reportWarnings } from "./service/report.ts";
import { type RunningService, serviceVariable } from "./service/running.ts";
import { stopService } from "./service/stop.ts";

// It ends what the step has started, whatever became of the step. It does not need the task library, and does not load it.
signOut().then(
  () => complete("Succeeded"),
  (error: unknown) => {
    warn(`Could not sign out: ${error instanceof Error ? error.message : String(error)}`);
    complete("SucceededWithIssues");
  },
);

async function signOut(): Promise<void> {
  const service = runningService(process.env);
  if (service === undefined) {
    print("This step has not signed in, so there is nothing to end.");
    return;
  }
  const report = await stopService(service);
  if (report === undefined) {
    warn(
      "The token service had ended before the job, so programs may have been without a token. It ends early if another " +
        "program ends it, or if Azure DevOps no longer accepts the token of this job, which expires after about a day.",
    );
    return;
  }
  print(reportLine(report));
  for (const warning of reportWarnings(report)) warn(warning);
}

/** The agent gives the step's own variables only to this step and its post-job step. */
function runningService(environment: NodeJS.ProcessEnv): RunningService | undefined {
  const { pid, stopUrl } = parsedMembers(environment[`VSTS_TASKVARIABLE_${serviceVariable.toUpperCase()}`] ?? "");
  const url = textOf(stopUrl);
  return typeof pid === "number" && url !== undefined ? { pid, stopUrl: url } : undefined;
}
