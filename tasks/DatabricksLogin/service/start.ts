import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { registerSecret, setTaskVariable } from "../../common/pipeline/commands.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import { jobVariables } from "../../common/pipeline/job.ts";
import { serviceEnvironment } from "./environment.ts";
import {
  type Handover,
  type HandoverMessage,
  keepMessage,
  networkMessage,
  type ServiceAddresses,
  type ServiceMessage,
  serviceArgument,
} from "./handover.ts";
import { type RunningService, serviceVariable } from "./running.ts";
import { workerPid } from "./worker.ts";

/** A service that ends with this step unless it is kept. */
export interface StartedService {
  /**
   * Gives it the credentials through a pipe, and waits until it answers. Throws if it does not, or if the step is canceled.
   */
  open(handover: Handover): Promise<ServiceAddresses>;
  /** Lets it go on until the post-job step, which finds it by a task variable. Resolves when the service has been told. */
  keep(addresses: Pick<ServiceAddresses, "stopUrl">): Promise<void>;
  /** Ends it. Resolves when the process is gone. */
  end(): Promise<void>;
}

const readyWithinMs = 30_000;

/** Saves 7 MB of about 60. The service answers a few requests a minute, and does not need compiled code. */
const smallMemory = ["--jitless", "--optimize-for-size", "--max-semi-space-size=1"];

/** Starts the token service as a process of its own. It loads while the step signs in. */
export function startService(cancel: AbortSignal): StartedService {
  const child = spawn(process.execPath, [...smallMemory, process.argv[1] ?? "", serviceArgument], {
    // The agent may replace the task's folder before each step, and empties its temporary folder.
    cwd: path.parse(process.execPath).root,
    env: serviceEnvironment(
      process.env,
      jobVariables().map(({ name }) => name),
    ),
    // With one of the step's streams, the agent would wait for the service at the end of the step.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    detached: true,
    windowsHide: true,
  });
  const gone = new Promise<string>((resolve) => {
    child.once("error", ({ message }) => resolve(message));
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  return {
    open: (handover) => opened(child, gone, handover, cancel),
    async keep({ stopUrl }) {
      registerSecret(stopUrl);
      const running: RunningService = { pid: child.pid ?? 0, stopUrl };
      setTaskVariable(serviceVariable, JSON.stringify(running));
      await letGo(child);
    },
    async end() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Rejects if the service is gone first, does not answer in time, or if the step is canceled. */
async function opened(
  child: ChildProcess,
  gone: Promise<string>,
  { network, ...rest }: Handover,
  cancel: AbortSignal,
): Promise<ServiceAddresses> {
  const answer = once(child, "message") as Promise<[ServiceMessage]>;
  const overdue = sleep(readyWithinMs, `no answer within ${readyWithinMs / 1000} seconds`, { ref: false });
  const canceled = new Promise<never>((_, reject) => {
    cancel.addEventListener("abort", () => reject(new Canceled()));
    if (cancel.aborted) reject(new Canceled());
  });
  const message: HandoverMessage = { ...rest, network: networkMessage(network), workerPid: workerPid() };
  // If the process is gone, its end tells why.
  child.send(message, () => {});
  const outcome = await Promise.race([answer, gone, overdue, canceled]);
  if (typeof outcome === "string") throw notStarted(outcome);
  const [reply] = outcome;
  if ("ready" in reply) return reply.ready;
  throw notStarted(reply.failure);
}

function notStarted(why: string): Error {
  return new Error(`The token service did not start: ${why}.`);
}

async function letGo(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.send(keepMessage, (error) => (error ? reject(error) : resolve()));
  });
  child.disconnect();
  child.unref();
}
