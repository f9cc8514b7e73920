import type { IncomingMessage } from "node:http";
import type { Cell, Moment, TaskName } from "./cells.ts";

interface Seen {
  readonly request?: IncomingMessage;
  readonly host?: string;
}

/** The task asks for the same without a question mark. */
const callerRead = /^GET \/api\/2\.0\/preview\/scim\/v2\/Me\?/;
const creation = /^POST \/api\/2\.\d\/jobs\/create/;
const stateRead = /^GET \/api\/2\.0\/workspace\/get-status\?.*resources\.json/;
const jobRead = /^GET \/api\/2\.\d\/jobs\/get\?/;
const deletion = /^POST \/api\/2\.\d\/jobs\/delete/;
const runRead = /^GET \/api\/2\.\d\/jobs\/runs\/get\?/;

/** The requests of the CLI to the workspace with which a fault begins. */
const requests: Readonly<Partial<Record<TaskName, Readonly<Partial<Record<Moment, RegExp>>>>>> = {
  deploy: { during: creation, cancel: creation },
  validate: { during: callerRead, cancel: callerRead },
  plan: { state: stateRead, during: jobRead, cancel: jobRead },
  destroy: {
    state: stateRead,
    during: deletion,
    after: /^POST \/api\/2\.0\/workspace\/delete/,
    cancel: deletion,
  },
  run: { state: stateRead, during: /^POST \/api\/2\.\d\/jobs\/run-now/, after: runRead, cancel: runRead },
};

function is({ method, url }: IncomingMessage, pattern: RegExp): boolean {
  return pattern.test(`${method} ${url}`);
}

/**
 * Returns a test for the CLI's first request after it has created a job. If its answer comes late, the CLI needs a token once more,
 * and the task has had the time to copy what the CLI has done.
 */
export function firstAfterCreation(): (request: IncomingMessage) => boolean {
  let created = false;
  let found = false;
  return (request) => {
    const isFirst = created && !found && request.headers["user-agent"]?.startsWith("cli/") === true;
    found ||= isFirst;
    created ||= is(request, creation);
    return isFirst;
  };
}

/** Returns a test, called with each request to the service, or to the proxy, whether the fault begins with it. */
export function beginningOf({ task, service, moment }: Cell): (seen: Seen) => boolean {
  let count = 0;
  const nth =
    (n: number, matches: (seen: Seen) => boolean = () => true) =>
    (seen: Seen) => {
      if (matches(seen)) count += 1;
      return count >= n;
    };
  if (moment === "before") return () => false;
  if (moment === "renewal") return nth(2, ({ host }) => service !== "proxy" || host === "dev.azure.com");
  const pattern = service === "workspace" ? requests[task]?.[moment] : undefined;
  // The CLI names a run after the first answer about it.
  const first = pattern === runRead ? 2 : 1;
  if (pattern) return nth(first, ({ request }) => request !== undefined && is(request, pattern));
  if (service === "releases" && moment === "during")
    return nth(1, ({ request }) => /\/download\//.test(request?.url ?? ""));
  if (service === "proxy" && moment === "during") return nth(task === "deploy" ? 4 : 2);
  return nth(1);
}
