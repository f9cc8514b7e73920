// First, because the next import writes to the temporary folder.
import "../common/pipeline/load-failure.ts";

import { addressText } from "../common/databricks/workspace/address.ts";
import { federatedTokens } from "../common/identity/federated-token.ts";
import { attachedSummary } from "../common/pipeline/attached-summary.ts";
import { print, setOutput } from "../common/pipeline/commands.ts";
import { scrubProcessEnvironment } from "../common/pipeline/environment.ts";
import { Canceled } from "../common/pipeline/errors.ts";
import { jobVariables, readJob } from "../common/pipeline/job.ts";
import { endOfLoad } from "../common/pipeline/load-failure.ts";
import { runTask, type Task } from "../common/pipeline/task.ts";
import { signInAs } from "../common/sign-in/caller.ts";
import { stepIdentity } from "../common/sign-in/identity.ts";
import { readFederatedConnection } from "./connection.ts";
import { loadInputs } from "./inputs.ts";
import { startService } from "./service/start.ts";
import {
  jobVariablesFor,
  refuseJobVariables,
  setJobVariables,
  warnOfDefaultProfile,
  warnOfEarlierLogin,
} from "./variables.ts";

endOfLoad();
void runTask(async (task) => {
  try {
    await logIn(task);
  } catch (error) {
    if (!(error instanceof Canceled)) warnOfEarlierLogin(process.env);
    throw error;
  }
});

async function logIn(task: Task): Promise<void> {
  const inputs = loadInputs();
  const connection = readFederatedConnection(inputs.connectionId);
  refuseJobVariables(jobVariables(), inputs);
  const job = readJob();
  scrubProcessEnvironment();

  const identity = stepIdentity(task.http, inputs, connection, job, federatedTokens);
  const show = attachedSummary(task.http, job);
  const service = startService(task.cancel);
  try {
    const caller = await signInAs(task.http, identity, inputs.workspace, show, "workspaceUrl");
    const token = await identity.token();
    const addresses = await service.open({ inputs, connection, job, token, network: task.network });
    if (task.cancel.aborted) throw new Canceled();
    setJobVariables(jobVariablesFor(inputs.workspace, addresses, process.env, jobVariables()));
    warnOfDefaultProfile(process.env);
    setOutput("workspaceUrl", addressText(inputs.workspace));
    setOutput("identity", caller.applicationId);
    await service.keep(addresses);
  } catch (error) {
    await service.end();
    throw error;
  }
  print("The later steps of this job are signed in until the job ends.");
}
