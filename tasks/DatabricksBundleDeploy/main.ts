import { cancelGraceMs } from "../common/pipeline/cancellation.ts";
import { runTask, type Task } from "../common/pipeline/task.ts";
import { deployBundle, summariseBundle } from "./deploy.ts";
import { loadInputs } from "./inputs.ts";
import { publish } from "./publish.ts";
import { signIn } from "./sign-in.ts";

/** What is left of the agent's grace for ending the CLI and cleaning up. */
const cleanupMs = 2_500;

async function deploy(task: Task): Promise<void> {
  const safePointMs = Math.max(0, cancelGraceMs(process.env) - cleanupMs);
  const inputs = loadInputs();
  const session = await signIn(task, inputs);
  try {
    const run = { ...session, stepHost: inputs.host, cancel: task.cancel, safePointMs };
    await deployBundle(run);
    const summary = await summariseBundle(run);
    publish({ ...summary, host: session.host() ?? summary.host ?? "", identity: session.identity });
  } finally {
    await session.close();
  }
}

void runTask(deploy);
