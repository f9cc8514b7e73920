import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { registerSecret, setTaskVariable } from "../../common/pipeline/commands.ts";
import { Cancelled } from "../../common/pipeline/errors.ts";
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

/** A service that has started, and ends with this step unless it is kept. */
export interface StartedService {
  readonly addresses: ServiceAddresses;
  /** Lets it go on until the job ends. Resolves when the service has been told. */
  keep(): Promise<void>;
  /** Ends it. Resolves when the process is gone. */
  end(): Promise<void>;
}

const readyWithinMs = 30_000;

/** Saves 7 MB of about 60. The service answers a few requests a minute, and does not need compiled code. */
const smallMemory = ["--jitless", "--optimize-for-size", "--max-semi-space-size=1"];

/**
 * Starts the token service as a process of its own, gives it the credentials through a pipe, and waits until it answers.
 * Throws, and leaves no process, if it does not start or if the step is canceled.
 */
export async function startService(handover: Handover, cancel: AbortSignal): Promise<StartedService> {
  const child = spawn(process.execPath, [...smallMemory, process.argv[1] ?? "", serviceArgument], {
    // The agent may replace the task's folder before each step, and empties its temporary folder.
    cwd: path.parse(process.execPath).root,
    env: serviceEnvironment(process.env),
    // With one of the step's streams, the agent would wait for the service at the end of the step.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    detached: true,
    windowsHide: true,
  });
  const gone = once(child, "exit");
  const end = async () => {
    child.kill("SIGKILL");
    await gone;
  };
  try {
    const addresses = await ready(child, handover, cancel);
    registerSecret(addresses.stopUrl);
    const running: RunningService = { pid: child.pid ?? 0, stopUrl: addresses.stopUrl };
    setTaskVariable(serviceVariable, JSON.stringify(running));
    return { addresses, keep: () => letGo(child), end };
  } catch (error) {
    if (child.pid !== undefined) await end();
    throw error;
  }
}

/** Only what Node needs, and the variable by which the agent finds what a job has left running. */
function serviceEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const windows = process.platform === "win32" ? ["SystemRoot", "USERPROFILE"] : [];
  const names = ["PATH", "HOME", "VSTS_PROCESS_LOOKUP_ID", ...windows];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function ready(child: ChildProcess, handover: Handover, cancel: AbortSignal): Promise<ServiceAddresses> {
  const { network, ...rest } = handover;
  const message: HandoverMessage = { ...rest, network: networkMessage(network), workerPid: workerPid() };
  const outcome = new Promise<ServiceAddresses>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(notStarted(`it ended with ${signal ?? `exit code ${code}`}`)));
    child.once("message", (answer: ServiceMessage) => {
      if ("ready" in answer) resolve(answer.ready);
      else reject(notStarted(answer.failure));
    });
    setTimeout(() => reject(notStarted(`no answer within ${readyWithinMs / 1000} seconds`)), readyWithinMs).unref();
    cancel.addEventListener("abort", () => reject(new Cancelled()));
    if (cancel.aborted) reject(new Cancelled());
  });
  // If the process does not start, the outcome tells why.
  child.send(message, () => {});
  return outcome;
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
