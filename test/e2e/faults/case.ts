import { setTimeout as delay } from "node:timers/promises";
import type { Agent } from "../../lab/agent/agent.ts";
import { cliVersions } from "../../lab/databricks/build.ts";
import { startLabAgent } from "../steps/agent.ts";
import { beginningOf, firstAfterCreation } from "./beginning.ts";
import { type Cell, isOutage, nameOf, numberOf, outageMs, usesCli } from "./cells.ts";
import { type Ending, type Problem, secretVariables } from "./oracles.ts";
import type { FaultRoom } from "./room.ts";
import { runDestroy, runPlan, runRun, runValidate } from "./run-commands.ts";
import { runDeploy } from "./run-deploy.ts";
import { runInstall } from "./run-install.ts";
import { runLogin } from "./run-login.ts";
import { openWay, type Way } from "./way.ts";

/** What became of a cell. */
export interface CellOutcome {
  readonly ending: Ending;
  readonly problems: readonly Problem[];
  readonly ms: number;
  /** The first error of the step, if there is one. */
  readonly error: string | undefined;
  readonly log: string;
}

/** What the run of a task gets. */
export interface CellRun {
  readonly room: FaultRoom;
  readonly cell: Cell;
  readonly agent: Agent;
  /** The CLI of the agent. */
  readonly cli: string;
  readonly way: Way;
  /** Cancels the step. */
  readonly cancel: AbortSignal;
  readonly secrets: ReturnType<typeof secretVariables>;
  /** How long a step has taken that has just ended, in milliseconds: since it was canceled, if it was. */
  readonly ageOf: (step: { readonly durationMs: number }) => number;
}

const runs = {
  install: runInstall,
  deploy: runDeploy,
  login: runLogin,
  validate: runValidate,
  plan: runPlan,
  destroy: runDestroy,
  run: runRun,
};

/**
 * The lifetime of access tokens that a step must renew, in seconds. The first renewal begins after 3/8 of it: a deploy must have left its
 * lock note by then, also on a busy machine.
 */
export const shortLifeSeconds = 20;

/** Runs one cell, on a network, an agent, a service principal and a bundle of its own: cells can run at the same time. */
export async function runCell(room: FaultRoom, cell: Cell): Promise<CellOutcome> {
  const cancel = new AbortController();
  let begun = false;
  let way: Way | undefined;
  let canceledAt: number | undefined;
  const begin = async () => {
    if (begun) return;
    begun = true;
    if (cell.moment === "cancel") {
      canceledAt = Date.now();
      cancel.abort();
      await delay(50);
    }
    way?.begin();
    if (isOutage(cell)) setTimeout(() => way?.end(), outageMs);
  };
  const isBeginning = beginningOf(cell);
  const isHeld = firstAfterCreation();
  way = await openWay(room, cell, {
    async onRequest(request, service) {
      if (service === cell.service && isBeginning({ request })) await begin();
    },
    async onAnswer(request, service) {
      if (cell.moment === "renewal" && service === "workspace" && isHeld(request)) await delay(shortLifeSeconds * 1000);
    },
    onConnect(host) {
      if (cell.service === "proxy" && isBeginning({ host })) void begin();
    },
  });
  const { node, cli } = await programsOf(room, cell);
  try {
    const agent = await startLabAgent(room.lab, node, { ...way.agent, cli, configured: [] });
    try {
      if (cell.moment === "before") way.begin();
      const outcome = await runs[cell.task]({
        room,
        cell,
        agent,
        cli,
        way,
        cancel: cancel.signal,
        secrets: secretVariables(),
        ageOf: ({ durationMs }) => (canceledAt === undefined ? durationMs : Date.now() - canceledAt),
      });
      const isMet = cell.moment === "before" ? way.met() : begun;
      const problems: Problem[] = isMet ? [] : [{ kind: "fault not met", detail: nameOf(cell) }];
      return { ...outcome, problems: [...outcome.problems, ...problems] };
    } finally {
      way.end();
      await agent.dispose();
    }
  } finally {
    await way.close();
  }
}

/** Every combination of Node and the CLI has its share of the cells. */
async function programsOf({ lab, nodes }: FaultRoom, cell: Cell): Promise<{ node: string; cli: string }> {
  const number = numberOf(cell);
  const node = nodes[number % nodes.length] ?? "";
  const version = cliVersions[Math.floor(number / nodes.length) % cliVersions.length];
  return { node, cli: usesCli(cell) ? await lab.programs.cli(version) : "/nowhere/databricks" };
}
