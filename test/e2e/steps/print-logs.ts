import type { RunnerTestCase } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";

/** How many lines of an agent are printed: the last ones. */
const maxLines = 100;

/** Prints what the steps of a failed test wrote, which its assertion rarely shows. */
export function printLogsOfFailed({ name, result }: RunnerTestCase, agents: readonly Agent[]): void {
  if (result?.state !== "fail") return;
  for (const agent of agents) {
    const lines = agent.log().slice(-maxLines);
    console.log([`Log of the steps in "${name}":`, ...lines.map((line) => `  | ${line}`)].join("\n"));
  }
}
