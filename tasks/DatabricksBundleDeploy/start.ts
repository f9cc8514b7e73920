import type { Task } from "../common/pipeline/task.ts";
import type { DeployInputs } from "./inputs.ts";
import { signIn, whileWaiting } from "./session/sign-in.ts";
import { openStep } from "./session/step.ts";

/** Signs in, loads the rest of the task while the sign-in waits for its answers, and runs the command. */
export async function start(task: Task, inputs: DeployInputs): Promise<void> {
  const [session, { runStep }] = await Promise.all([signIn(task, inputs), whileWaiting(loadMain)]);
  try {
    await runStep(openStep(task, inputs, session));
  } finally {
    await session.close();
  }
}

async function loadMain() {
  const main = await import("./main.lazy.ts");
  await main.loadWorkspaceService();
  return main;
}
