import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { windowsAgents } from "../../lab/agents.ts";
import { wine } from "../../lab/wine/wine.ts";

/** What a program of the agent's system writes to stdout. Throws when it fails. */
export async function runOnAgent(program: string, ...args: readonly string[]): Promise<string> {
  if (windowsAgents) return (await wine()).run(program, ...args);
  return execFileSync(program, args, { encoding: "utf8" });
}

/** Starts a program of the agent's system. Resolves when it has written something. */
export async function startOnAgent(
  program: string,
  ...args: readonly string[]
): Promise<ChildProcessWithoutNullStreams> {
  const started = windowsAgents ? (await wine()).start(program, args) : spawn(program, args);
  await new Promise((resolve, reject) => {
    started.stdout.once("data", resolve);
    started.once("error", reject).once("exit", () => reject(new Error(`${program} has ended without a word.`)));
  });
  return started;
}
