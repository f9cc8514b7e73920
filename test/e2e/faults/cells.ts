export const services = ["Azure DevOps", "Entra", "workspace", "releases", "proxy"] as const;
/** The commands of the deploy task, apart from `deploy`, count as tasks of their own. */
export const commands = ["validate", "plan", "destroy", "run"] as const;
export const tasks = ["install", "deploy", "login", ...commands] as const;

/**
 * When a fault begins: with the first request; when the CLI reads the bundle's state; with a later request; with the CLI's next one;
 * when the token is renewed; when the step is canceled while a request waits. It then lasts, except in the middle of a command of the
 * deploy task: see `outageMs`.
 */
export const moments = ["before", "state", "during", "after", "renewal", "cancel"] as const;

export const faultNames = [
  "refused",
  "reset",
  "stall",
  "one byte a second",
  "truncated",
  "401",
  "403",
  "404",
  "408",
  "409",
  "429 with Retry-After",
  "500",
  "502",
  "503",
  "504",
  "web page",
  "redirect to another host",
  "redirect to loopback",
  "wrong content type",
  "encoded with gzip",
  "wrong Content-Encoding",
  "huge",
  "invalid JSON",
  "TLS untrusted",
  "TLS expired",
  "TLS wrong name",
  "name unknown to the proxy",
  "name unknown to the agent",
  "IPv6 that leads nowhere",
] as const;

export type Service = (typeof services)[number];
export type TaskName = (typeof tasks)[number];
export type Moment = (typeof moments)[number];
export type FaultName = (typeof faultNames)[number];

/** One fault of one service at one moment of one task. */
export interface Cell {
  readonly task: TaskName;
  readonly service: Service;
  readonly moment: Moment;
  readonly fault: FaultName;
}

/** Cells that are left out, and why. The first reason that applies counts. */
const reasons: readonly (readonly [reason: string, applies: (cell: Cell) => boolean])[] = [
  [
    "the other commands sign in as a deploy does",
    ({ task, service, moment }) =>
      isOtherCommand(task) && (service !== "workspace" || moment === "before" || moment === "renewal"),
  ],
  [
    "a validation sends one request after the sign-in",
    ({ task, moment }) => task === "validate" && (moment === "state" || moment === "after"),
  ],
  ["a plan is ready with the answer about the job", ({ task, moment }) => task === "plan" && moment === "after"],
  [
    "only plan, destroy and run begin with a bundle that is deployed",
    ({ task, moment }) => !isOtherCommand(task) && (moment === "state" || moment === "after"),
  ],
  [
    "the installer uses only the releases and the proxy",
    ({ task, service }) => task === "install" && service !== "releases" && service !== "proxy",
  ],
  ["only the installer uses the releases", ({ task, service }) => task !== "install" && service === "releases"],
  ["the installer does not have a token", ({ task, moment }) => task === "install" && moment === "renewal"],
  ["the workspace does not renew the token", ({ service, moment }) => service === "workspace" && moment === "renewal"],
  [
    "a step sends one request there, apart from renewals",
    ({ task, service, moment }) =>
      moment === "during" &&
      (service === "Azure DevOps" || service === "Entra" || (service === "workspace" && task === "login")),
  ],
  [
    "an answer of a proxy does not have a body",
    ({ service, fault }) =>
      service === "proxy" &&
      ["wrong content type", "encoded with gzip", "wrong Content-Encoding", "huge", "invalid JSON"].includes(fault),
  ],
  [
    "the proxy does not ask itself for its own name",
    ({ service, fault }) => service === "proxy" && fault === "name unknown to the proxy",
  ],
  [
    "the agent's resolver gives the same answers for as long as a step runs",
    ({ fault, moment }) =>
      moment !== "before" && ["name unknown to the agent", "IPv6 that leads nowhere"].includes(fault),
  ],
  [
    "the lab cannot change what the system resolves for the CLI",
    ({ task, service, fault }) => task === "deploy" && service === "workspace" && fault === "IPv6 that leads nowhere",
  ],
];

function isOtherCommand(task: TaskName): boolean {
  return commands.some((command) => command === task);
}

/** Whether a task is a command of the deploy task. */
export function usesCli({ task }: Cell): boolean {
  return task === "deploy" || isOtherCommand(task);
}

/** Why a cell is left out; undefined if it is not. */
export function leftOut(cell: Cell): string | undefined {
  return reasons.find(([, applies]) => applies(cell))?.[0];
}

/** How many combinations of some tasks each reason leaves out. */
export function leftOutCounts(some: readonly TaskName[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const combinations = allCombinations().filter(({ task }) => some.includes(task));
  for (const reason of combinations.map(leftOut)) {
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

/** All combinations, with those that are left out. */
export function allCombinations(): Cell[] {
  return tasks.flatMap((task) =>
    services.flatMap((service) =>
      moments.flatMap((moment) => faultNames.map((fault) => ({ task, service, moment, fault }))),
    ),
  );
}

/** All cells. */
export function allCells(): Cell[] {
  return allCombinations().filter((cell) => leftOut(cell) === undefined);
}

export function nameOf({ task, service, moment, fault }: Cell): string {
  return `${task}, ${service}, ${moment}, ${fault}`;
}

/** A number that is the same in each run, so that a cell has the same Node and the same CLI each time. */
export function numberOf(cell: Cell): number {
  return [...nameOf(cell)].reduce((sum, character) => sum + character.charCodeAt(0), 0);
}

/** In the middle of a command, a fault ends after this time: the CLI itself would repeat its requests for 15 minutes. */
export const outageMs = 15_000;

/** Whether a fault begins when the step has signed in, and ends after `outageMs`. */
export function isOutage(cell: Cell): boolean {
  return usesCli(cell) && ["state", "during", "after"].includes(cell.moment);
}

/**
 * Whether only the step's own time limit (`timeoutInMinutes`) ends the step: the CLI waits for an answer for as long as bytes of it
 * come (databricks-sdk-go, httpclient: HTTPTimeoutSeconds is for silence).
 */
export function isEndless(cell: Cell): boolean {
  return isOutage(cell) && cell.service === "workspace" && cell.fault === "one byte a second";
}

/** Whether the step waits for a service that says nothing, or almost nothing. */
export function isSilent({ moment, fault }: Cell): boolean {
  return moment !== "cancel" && (fault === "stall" || fault === "one byte a second");
}

/** Whether a cell takes more than a minute, because a service is silent for longer than the task waits for one answer. */
export function takesLong(cell: Cell): boolean {
  return isSilent(cell) && (cell.task === "install" || (usesCli(cell) && cell.moment !== "before"));
}

/** The time limit of the step, in milliseconds: so that a step that hangs ends, which is then wrong. */
export function timeLimitMs(cell: Cell): number {
  return isEndless(cell) ? 60_000 : longestMs(cell) + 60_000;
}

/** The longest time that a step may take, in milliseconds. docs/reliability.md promises it, for a cancel with a margin. */
export function longestMs(cell: Cell): number {
  // The agent's ten seconds, the end of its job's processes, and a moment in which the machine stops.
  if (cell.moment === "cancel") return 14_000;
  if (cell.task === "install") return 180_000;
  return usesCli(cell) && cell.moment !== "before" ? 180_000 : 60_000;
}
