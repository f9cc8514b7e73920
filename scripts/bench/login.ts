import { type TaskNode, taskNodes } from "../../test/e2e/nodes.ts";
import { startLabAgent } from "../../test/e2e/steps/agent.ts";
import { askForToken, loginJobOf, processView } from "../../test/e2e/steps/login-job.ts";
import { type Lab, startLab } from "../../test/lab/lab.ts";
import { interleavedMedians, wallMs } from "./measure.ts";
import type { Result } from "./results.ts";

const rounds = 7;

/** Measures the packaged login task against the lab: the time of the step, and the memory of its service after renewals. */
export async function benchLogin(): Promise<Result[]> {
  const lab = await startLab(console.log);
  try {
    const results: Result[] = [];
    for (const node of taskNodes) results.push(await loginTime(lab, node), await serviceMemory(lab, node));
    return results;
  } finally {
    await lab.close();
  }
}

async function loginTime(lab: Lab, node: TaskNode): Promise<Result> {
  const agent = await startLabAgent(lab, node.path);
  try {
    const { login, empty } = await interleavedMedians(
      {
        async login() {
          const job = loginJobOf(await agent.startJob(lab.job(lab.deployer)), lab);
          const { durationMs, result } = await job.login();
          await job.finish();
          if (result !== "Succeeded") throw new Error(`A login ended in ${result}.`);
          return durationMs;
        },
        empty: () => wallMs({ executable: node.path, arguments: ["-e", ""] }),
      },
      rounds,
    );
    const detail = `${(login / empty).toFixed(1)} × an empty node (${empty.toFixed(0)} ms)`;
    return { row: "login", node: node.name, value: login, detail };
  } finally {
    await agent.dispose();
  }
}

async function serviceMemory(lab: Lab, node: TaskNode): Promise<Result> {
  const agent = await startLabAgent(lab, node.path);
  lab.entra.accessTokenLifetimeSeconds = 2;
  try {
    const job = loginJobOf(await agent.startJob(lab.job(lab.deployer)), lab);
    const { service } = await job.login();
    await job.script(`for i in $(seq 6); do ${askForToken}; sleep 1; done`);
    const value = processView(service?.pid ?? 0).memory;
    await job.finish();
    return { row: "loginMemory", node: node.name, value };
  } finally {
    lab.entra.accessTokenLifetimeSeconds = 3600;
    await agent.dispose();
  }
}
