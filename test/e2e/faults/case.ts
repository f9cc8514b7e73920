import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Agent } from "../../lab/agent/agent.ts";
import { startLabAgent } from "../steps/agent.ts";
import { type Cell, nameOf, outageMs } from "./cells.ts";
import { type Ending, type Problem, secretVariables } from "./oracles.ts";
import type { FaultRoom } from "./room.ts";
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
  readonly way: Way;
  /** Cancels the step. */
  readonly cancel: AbortSignal;
  readonly secrets: ReturnType<typeof secretVariables>;
  /** How long a step has taken that has just ended, in milliseconds: since it was canceled, if it was. */
  readonly ageOf: (step: { readonly durationMs: number }) => number;
}

const runs = { install: runInstall, deploy: runDeploy, login: runLogin };

/** The lifetime of access tokens that a step must renew, in seconds. */
export const shortLifeSeconds = 10;

/** Runs one cell, on a network, an agent, a service principal and a bundle of its own: cells can run at the same time. */
export async function runCell(room: FaultRoom, cell: Cell, nodeNumber = 0): Promise<CellOutcome> {
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
    if (cell.moment === "during" && cell.task === "deploy") setTimeout(() => way?.end(), outageMs);
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
  const startAgent = async (settings: Way["agent"]) => {
    const node = room.nodes[nodeNumber % room.nodes.length] ?? "";
    const cli = cell.task === "deploy" ? await room.lab.programs.cli() : "/nowhere/databricks";
    return startLabAgent(room.lab, node, { ...settings, cli, configured: [] });
  };
  try {
    const agent = await startAgent(way.agent);
    try {
      if (cell.moment === "before") way.begin();
      const outcome = await runs[cell.task]({
        room,
        cell,
        agent,
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

interface Seen {
  readonly request?: IncomingMessage;
  readonly host?: string;
}

function isCreation({ method, url = "" }: IncomingMessage): boolean {
  return method === "POST" && /^\/api\/2\.\d\/jobs\/create/.test(url);
}

/**
 * Returns a test for the CLI's first request after it has created a job. If its answer comes late, the CLI needs a token once more,
 * and the task has had the time to copy what the CLI has done.
 */
function firstAfterCreation(): (request: IncomingMessage) => boolean {
  let created = false;
  let found = false;
  return (request) => {
    const isFirst = created && !found && request.headers["user-agent"]?.startsWith("cli/") === true;
    found ||= isFirst;
    created ||= isCreation(request);
    return isFirst;
  };
}

/** Returns a test, called with each request to the service, or to the proxy, whether the fault begins with it. */
function beginningOf({ task, service, moment }: Cell): (seen: Seen) => boolean {
  let count = 0;
  const nth =
    (n: number, matches: (seen: Seen) => boolean = () => true) =>
    (seen: Seen) => {
      if (matches(seen)) count += 1;
      return count >= n;
    };
  if (moment === "before") return () => false;
  if (moment === "renewal") return nth(2, ({ host }) => service !== "proxy" || host === "dev.azure.com");
  if (service === "workspace" && task === "deploy") return nth(1, ({ request }) => !!request && isCreation(request));
  if (service === "releases" && moment === "during")
    return nth(1, ({ request }) => /\/download\//.test(request?.url ?? ""));
  if (service === "proxy" && moment === "during") return nth(task === "deploy" ? 4 : 2);
  return nth(1);
}
