import { largestPackage } from "../project.ts";

/** What is measured in one go, and can be asked for: `npm run bench -- deploy`. */
export const groups = [
  "package",
  "installer",
  "deploy",
  "first-error",
  "requests",
  "memory",
  "incremental",
  "monorepo",
  "login",
  "today",
] as const;

export type Group = (typeof groups)[number];

/** One line of the results, or one line for each Node version. */
export interface Row {
  readonly group: Group;
  readonly what: string;
  /** Of the value: a unit such as ms, or what it is a multiple of. */
  readonly unit: string;
  /** The budget; without one, the row only reports. */
  readonly limit?: { readonly most: number } | { readonly least: number };
  /** Whether it is measured on each Node version that agents run tasks on. */
  readonly perNode?: true;
  /** What is measured against what, for docs/performance.md. */
  readonly how: string;
  /** What would meet the limit. */
  readonly remedy?: string;
}

/** A repository of many bundles, of which few have changed. */
export const monorepo = { bundles: 30, changed: 2 };

const monorepoWhat = `${monorepo.bundles} bundles, ${monorepo.changed} changed`;
const requestRemedy =
  "one request that lists the folders of all uploaded files, which the API of the workspace does not have (here 2 requests).";
const emptyNode = "× an empty node";

/** Every row of the results, in their order. */
export const rows = {
  package: {
    group: "package",
    what: "package",
    unit: "KB",
    limit: { most: largestPackage / 1000 },
    how: "Size of the packaged extension with its three tasks.",
  },
  installerCached: {
    group: "installer",
    what: "installer, cached",
    unit: emptyNode,
    limit: { most: 2.3 },
    perNode: true,
    how: "An install step whose version is in the tool cache, against `node` with an empty script.",
  },
  installerCold: {
    group: "installer",
    what: "installer, cold",
    unit: "× curl + sha256sum + unzip",
    limit: { most: 1 },
    perNode: true,
    how: "An install step with an empty tool cache, against the three programs with which scripts do the same.",
  },
  deployOwnTime: {
    group: "deploy",
    what: "deploy beyond the CLI",
    unit: "ms",
    limit: { most: 350 },
    perNode: true,
    how: "A deploy step of a bundle with one job, without the time that `databricks bundle deploy` and `bundle summary` take by themselves.",
  },
  deployLargest: {
    group: "deploy",
    what: "deploy beyond the CLI, largest bundle",
    unit: "× the smallest",
    limit: { most: 1.3 },
    perNode: true,
    how: "The same for a bundle with 1,000 files and 100 tasks, against that of the bundle with one job.",
    remedy:
      "work that does not grow with the bundle: the task reads each file and lists each folder, before and after the deploy.",
  },
  deployAgainst: {
    group: "deploy",
    what: "deploy beyond the CLI, against another package",
    unit: "× the other",
    limit: { most: 0.7 },
    perNode: true,
    how: "The same for the bundle with one job, against another package of the extension, given with `--against`.",
    remedy:
      "less code to load before the first request, which is half of this time. A cache of compiled code on the agent is not used, because other steps could change it.",
  },
  firstError: {
    group: "first-error",
    what: "start to first input error",
    unit: emptyNode,
    limit: { most: 2.3 },
    perNode: true,
    how: "A deploy step without inputs, which fails on all of them, against `node` with an empty script.",
  },
  requestsNew: {
    group: "requests",
    what: "requests of a deploy, new agent",
    unit: "requests",
    how: "All requests of a deploy step to Azure DevOps, Entra and the workspace. The bundle has been deployed before, from another agent.",
  },
  requestsKept: {
    group: "requests",
    what: "requests of a deploy, agent that keeps its folder",
    unit: "requests",
    how: "The same on the agent that has deployed the bundle before.",
  },
  requestsBeforeNew: {
    group: "requests",
    what: "requests of the task before the CLI gets its token, new agent",
    unit: "requests",
    limit: { most: 8 },
    how: "Requests of the task that arrive before the first request for which `bundle deploy` needs a token. The limit: 1 to Azure DevOps, 2 to Entra, 1 for the identity, 4 for what is carried.",
    remedy: requestRemedy,
  },
  requestsBeforeKept: {
    group: "requests",
    what: "requests of the task before the CLI gets its token, agent that keeps its folder",
    unit: "requests",
    limit: { most: 8 },
    how: "The same on the agent that has deployed the bundle before.",
    remedy: requestRemedy,
  },
  memorySmallest: {
    group: "memory",
    what: "memory of a deploy",
    unit: "MB",
    perNode: true,
    how: "Peak of the resident memory of the task's own process (VmHWM), without the CLI's, for the bundle with one job.",
  },
  memoryLargest: {
    group: "memory",
    what: "memory of a deploy, largest bundle",
    unit: "MB",
    perNode: true,
    how: "The same for the bundle with 1,000 files and 100 tasks.",
  },
  changedFile: {
    group: "incremental",
    what: "deploy of one changed file of 1,000, new agent",
    unit: "× the CLI by itself",
    limit: { most: 0.02 },
    how: "A deploy step on a new agent, against `databricks bundle deploy` in a new folder, which uploads all files.",
  },
  fiveFiles: {
    group: "incremental",
    what: "deploy of five files, new agent, incremental",
    unit: "× incremental: false",
    limit: { most: 1.3 },
    how: "What `incremental: true` costs if there is little to save: the step with it, against the step without it.",
  },
  monorepoTime: {
    group: "monorepo",
    what: `${monorepoWhat}: time`,
    unit: `× ${monorepo.bundles} deploys`,
    limit: { most: 0.15 },
    how: "The steps of all bundles with `changedSince`, against the same steps without it. Each request takes at least 30 ms.",
  },
  monorepoRequests: {
    group: "monorepo",
    what: `${monorepoWhat}: requests`,
    unit: `× ${monorepo.bundles} deploys`,
    limit: { most: 0.15 },
    how: "The requests of the same steps.",
  },
  login: {
    group: "login",
    what: "login",
    unit: "ms",
    limit: { most: 800 },
    perNode: true,
    how: "A login step, until its token service answers.",
  },
  loginMemory: {
    group: "login",
    what: "login service after renewals",
    unit: "MB",
    limit: { most: 60 },
    perNode: true,
    how: "Resident memory of the token service after several renewals of its token.",
  },
  todayDeploy: {
    group: "today",
    what: "AzureCLI@2 with a deploy of the CLI",
    unit: "× a deploy step",
    limit: { least: 6 },
    perNode: true,
    how: "The programs that run in an `AzureCLI@2` step whose script is `databricks bundle deploy` with `azure-cli` authentication, against a deploy step.",
    remedy: "less time of the deploy step beyond the CLI (the rows of `deploy`).",
  },
  todayValidate: {
    group: "today",
    what: "AzureCLI@2 with a validate and a deploy of the CLI",
    unit: "× a validate and a deploy step",
    perNode: true,
    how: "The same with `databricks bundle validate` before the deploy, against two steps: `command: validate` and the deploy.",
  },
  todayLogin: {
    group: "today",
    what: "az login and a deploy of the CLI",
    unit: "× a deploy step",
    perNode: true,
    how: "Only `az login --federated-token` and `databricks bundle deploy`, without the other commands of `AzureCLI@2`.",
  },
} as const satisfies Readonly<Record<string, Row>>;

export type RowName = keyof typeof rows;
