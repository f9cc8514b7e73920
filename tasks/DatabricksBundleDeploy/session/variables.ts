import { print, warn } from "../../common/pipeline/commands.ts";
import { environmentName } from "../../common/pipeline/environment.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { macroProblem, withLiteralMacros } from "../../common/pipeline/inputs.ts";
import type { JobVariable } from "../../common/pipeline/job.ts";
import { shownName } from "../../common/pipeline/secrets.ts";
import { valueAdvice } from "./value-advice.ts";

const prefix = "BUNDLE_VAR_";

/** Where a value comes from if the input does not set it. */
interface Candidate extends JobVariable {
  /** e.g. The variable BUNDLE_VAR_region of the job */
  readonly title: string;
  /** A variable group of the job may serve several bundles, so the job may set variables that this one does not declare. */
  readonly fromJob: boolean;
}

export interface VariableSources {
  /** From the input `variables`. */
  readonly given: Readonly<Record<string, string>>;
  /** Names that the bundle declares; undefined where its files could not be read. */
  readonly declared: readonly string[] | undefined;
  readonly job: readonly JobVariable[];
  /** Of this process: with the variables of the job, `env` of the step, and the machine's own. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface BundleVariables {
  /** By name in the environment of the CLI. */
  readonly set: Readonly<Record<string, string>>;
  /** Names that must not be there besides. */
  readonly unset: readonly string[];
}

/**
 * The environment that gives the bundle its variables. Warns of values that look like a mistake; throws a UserError for
 * those that cannot be used as their author wrote them.
 */
export function variableEnvironment(
  sources: VariableSources,
  platform: NodeJS.Platform = process.platform,
): BundleVariables {
  const { given, declared } = sources;
  if (declared !== undefined) {
    refuseUnknown(given, declared);
    refuseJoined(given, declared);
  }
  const isExact = ({ name }: Candidate) => declared?.includes(name.slice(prefix.length)) === true;
  // The last one of a name applies: in the environment, the one that is spelled as the bundle spells it.
  const inEnvironment = ofEnvironment(sources, platform).sort((a, b) => Number(isExact(a)) - Number(isExact(b)));
  const candidates = [...ofJob(sources), ...inEnvironment];
  const otherwise = declared === undefined ? unmatched(candidates) : matched(given, declared, candidates);
  const values = { ...otherwise, ...given };
  printAdvice(values);
  if (platform === "win32") refuseNamesThatDifferInCase(Object.keys(values), declared ?? []);
  const set = Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
  return { set, unset: overruledNames(Object.keys(set), candidates, platform) };
}

/** Whether a bundle variable gets its value from the environment. */
export function isSet({ set }: Pick<BundleVariables, "set">, name: string): boolean {
  return Object.hasOwn(set, prefix + name);
}

/** The CLI ignores a variable of the environment that the bundle does not declare, and would deploy the defaults. */
function refuseUnknown(given: VariableSources["given"], declared: readonly string[]): void {
  const unknown = Object.keys(given).filter((name) => !declared.includes(name));
  if (unknown.length === 0) return;
  const known = declared.join(", ") || "none";
  throw new UserError(
    `variables: the bundle does not declare ${unknown.map(shownName).join(", ")}. Its declared variables: ${known}.`,
    {
      hint: "Correct the name, or declare it under variables in databricks.yml.",
      section: "inputs",
    },
  );
}

/** Two variables on one line: YAML without "|" folds lines into one, or another character than a line end separates them. */
function refuseJoined(given: VariableSources["given"], declared: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    const other = declared.find((one) => isJoined(value, one, Object.hasOwn(given, one)));
    if (other === undefined) continue;
    throw new UserError(
      `variables: the value of ${name} contains "${other}=". The two variables are on one line, so ${other} is not set.`,
      {
        hint:
          `In YAML, write "variables: |", and below it one name=value per line. If this text is the value of ${name}, set ` +
          `${prefix}${name} in env of this step instead.`,
        section: "inputs",
      },
    );
  }
}

/** Other separators than a blank and a comma are usual in URLs and connection strings, which may contain any name. */
function isJoined(value: string, other: string, isSet: boolean): boolean {
  const name = other.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  if (new RegExp(`(^|[\\s,])${name}\\s*=`).test(value)) return true;
  return !isSet && !value.includes("://") && new RegExp(`([;|&]|\\\\[nr]|%0[AD]|<br ?/?>)\\s*${name}\\s*=`).test(value);
}

function printAdvice(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === "") print(`The bundle variable ${name} is set to an empty text.`);
    for (const advice of valueAdvice(name, value)) warn(advice);
  }
}

function ofJob({ job }: VariableSources): Candidate[] {
  const named = job.filter(({ name }) => isPrefixed(name));
  return named.map((one) => ({ ...one, title: `The variable ${one.name} of the job`, fromJob: true }));
}

/** What `env` of the step sets, or the machine. Names of the job's variables are there too, in upper case. */
function ofEnvironment({ job, environment }: VariableSources, platform: NodeJS.Platform): Candidate[] {
  const comparable = (name: string) => (platform === "win32" ? name.toUpperCase() : name);
  const known = new Set(job.filter(({ secret }) => !secret).map(({ name }) => environmentName(name)));
  return Object.entries(environment).flatMap(([name, value]) =>
    isPrefixed(name) && value !== undefined && !known.has(comparable(name))
      ? [{ name, value, secret: false, title: `The environment variable ${name}`, fromJob: false }]
      : [],
  );
}

/** In the environment, a dot or a blank in the name of a job's variable becomes an underscore. */
function isPrefixed(name: string): boolean {
  return environmentName(name).startsWith(prefix);
}

/** Without the names that the bundle declares, only those in the environment reach it, as they are. */
function unmatched(candidates: readonly Candidate[]): Record<string, string> {
  for (const { title } of candidates) {
    warn(
      `${title} may have no effect, because the variables of this bundle could not be read. Use the input "variables".`,
    );
  }
  return {};
}

/** What the environment gives to the variables that the bundle declares; names there may differ in case. */
function matched(
  given: VariableSources["given"],
  declared: readonly string[],
  candidates: readonly Candidate[],
): Record<string, string> {
  const values: Record<string, string> = {};
  const titles = new Map<string, string>();
  for (const { name, value, secret, title, fromJob } of candidates) {
    const matches = declaredAs(name.slice(prefix.length), declared);
    const [match] = matches;
    if (match === undefined) (fromJob ? print : warn)(`${title} is not used: the bundle does not declare it.`);
    else if (matches.length > 1) throw undecided(title, matches);
    else if (Object.hasOwn(given, match)) {
      if (given[match] !== value) print(`${title} is not used, because the input "variables" sets ${match}.`);
    } else if (secret) {
      warn(
        `The secret variable ${name} is not used. To use it, add the line ${match}=$(${name}) to the input "variables".`,
      );
    } else {
      const before = values[match];
      if (before !== undefined && before !== value)
        print(`${titles.get(match)} is not used: ${name} in the environment of the step overrides it.`);
      const macro = macroProblem(value);
      if (macro !== undefined) throw new UserError(`${title}: ${macro}`, { section: "inputs" });
      values[match] = withLiteralMacros(value);
      titles.set(match, title);
    }
  }
  return values;
}

/** The declared variables that a name can mean: the one that is spelled so, else all that differ only in case. */
function declaredAs(name: string, declared: readonly string[]): string[] {
  if (declared.includes(name)) return [name];
  return declared.filter((one) => one.toLowerCase() === name.toLowerCase());
}

function undecided(title: string, matches: readonly string[]): UserError {
  return new UserError(`${title} can mean ${matches.join(" or ")}, which the bundle declares.`, {
    hint: 'Set the one that you mean in the input "variables".',
    section: "inputs",
  });
}

/** On Windows, names in the environment differ in more than case. */
function refuseNamesThatDifferInCase(names: readonly string[], declared: readonly string[]): void {
  for (const name of names) {
    const other = declared.find((one) => one !== name && one.toLowerCase() === name.toLowerCase());
    if (other === undefined) continue;
    throw new UserError(`The bundle declares ${name} and ${other}, which Windows does not tell apart.`, {
      hint: "Rename one of them, or deploy from an agent on Linux.",
      section: "inputs",
    });
  }
}

/** Names that would give a variable another value than the one that is set; on Windows, also in another case. */
function overruledNames(set: readonly string[], candidates: readonly Candidate[], platform: NodeJS.Platform): string[] {
  const names = candidates.flatMap(({ name }) => [name, environmentName(name)]);
  const variants = platform === "win32" ? set.map((name) => name.toUpperCase()) : [];
  return [...new Set([...names, ...variants])].filter((name) => !set.includes(name));
}
