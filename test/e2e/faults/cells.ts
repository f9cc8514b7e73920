export const services = ["Azure DevOps", "Entra", "workspace", "releases", "proxy"] as const;
export const tasks = ["install", "deploy", "login"] as const;

/**
 * When a fault begins: with the first request; with a later one; when the token is renewed; when the step is canceled while a
 * request waits. It then lasts, except in the middle of a deploy: see `outageMs`.
 */
export const moments = ["before", "during", "renewal", "cancel"] as const;

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

/** Cells that cannot exist, and why. The first reason that applies counts. */
const reasons: readonly (readonly [reason: string, applies: (cell: Cell) => boolean])[] = [
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

/** Why a cell cannot exist; undefined if it can. */
export function leftOut(cell: Cell): string | undefined {
  return reasons.find(([, applies]) => applies(cell))?.[0];
}

/** How many combinations each reason leaves out. */
export function leftOutCounts(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const reason of allCombinations().map(leftOut)) {
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

/** All combinations, with those that cannot exist. */
export function allCombinations(): Cell[] {
  return tasks.flatMap((task) =>
    services.flatMap((service) =>
      moments.flatMap((moment) => faultNames.map((fault) => ({ task, service, moment, fault }))),
    ),
  );
}

/** All cells that can exist. */
export function allCells(): Cell[] {
  return allCombinations().filter((cell) => leftOut(cell) === undefined);
}

export function nameOf({ task, service, moment, fault }: Cell): string {
  return `${task}, ${service}, ${moment}, ${fault}`;
}

/** In the middle of a deploy, a fault ends after this time: the CLI itself would repeat its requests for 15 minutes. */
export const outageMs = 15_000;

/**
 * Whether only the step's own time limit (`timeoutInMinutes`) ends the step: the CLI waits for an answer for as long as bytes of it
 * come (databricks-sdk-go, httpclient: HTTPTimeoutSeconds is for silence).
 */
export function isEndless({ task, service, moment, fault }: Cell): boolean {
  return task === "deploy" && service === "workspace" && moment === "during" && fault === "one byte a second";
}

/** Whether the step waits for a service that says nothing, or almost nothing. */
export function isSilent({ moment, fault }: Cell): boolean {
  return moment !== "cancel" && (fault === "stall" || fault === "one byte a second");
}

/** Whether a cell takes more than a minute, because a service is silent for longer than the task waits for one answer. */
export function takesLong(cell: Cell): boolean {
  const { task, moment } = cell;
  return isSilent(cell) && (task === "install" || (task === "deploy" && moment !== "before"));
}

/** The time limit of the step, in milliseconds: so that a step that hangs ends, which is then wrong. */
export function timeLimitMs(cell: Cell): number {
  return isEndless(cell) ? 60_000 : longestMs(cell) + 60_000;
}

/** The longest time that a step may take, in milliseconds. docs/reliability.md promises it. */
export function longestMs({ task, moment }: Cell): number {
  // The agent's ten seconds, and the end of its job's processes.
  if (moment === "cancel") return 12_000;
  if (task === "install") return 180_000;
  return task === "deploy" && moment !== "before" ? 180_000 : 60_000;
}
