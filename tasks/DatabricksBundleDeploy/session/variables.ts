import { print, warn } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { environmentName } from "../../common/pipeline/job.ts";

const prefix = "BUNDLE_VAR_";

/** A variable of the job, under the name that its author wrote. */
export interface JobVariable {
  readonly name: string;
  readonly value: string;
  readonly secret: boolean;
}

export interface VariableSources {
  /** From the input `variables`. */
  readonly given: Readonly<Record<string, string>>;
  /** Names that the bundle declares; undefined where its files could not be read. */
  readonly declared: readonly string[] | undefined;
  readonly job: readonly JobVariable[];
}

export interface BundleVariables {
  /** By name in the environment of the CLI. */
  readonly set: Readonly<Record<string, string>>;
  /** Names that must not be there besides. */
  readonly unset: readonly string[];
}

/**
 * The environment that gives the bundle its variables. Warns of values that look like a mistake; throws a UserError for those that cannot be used as their author wrote them.
 */
export function variableEnvironment(
  sources: VariableSources,
  platform: NodeJS.Platform = process.platform,
): BundleVariables {
  const { given, declared, job } = sources;
  if (declared !== undefined) {
    refuseUnknown(given, declared);
    refuseFolded(given, declared);
  }
  warnOfQuotesAndReferences(given);
  const fromJob = declared === undefined ? {} : jobValues(sources, declared);
  const values = { ...fromJob, ...given };
  if (platform === "win32") refuseNamesThatDifferInCase(Object.keys(values), declared ?? []);
  const set = Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
  return { set, unset: overruledNames(Object.keys(set), job, platform) };
}

/** The CLI ignores a variable of the environment that the bundle does not declare, and would deploy the defaults. */
function refuseUnknown(given: VariableSources["given"], declared: readonly string[]): void {
  const unknown = Object.keys(given).filter((name) => !declared.includes(name));
  if (unknown.length === 0) return;
  const known = declared.join(", ") || "none";
  throw new UserError(
    `variables: the bundle does not declare ${unknown.join(", ")}. Its declared variables: ${known}.`,
    {
      hint: "Correct the name, or declare it under variables in databricks.yml.",
      section: "inputs",
    },
  );
}

/** YAML without "|" folds lines into one, so that the first variable would take all that follows. */
function refuseFolded(given: VariableSources["given"], declared: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    const other = declared.find((one) => new RegExp(`(^|[\\s,])${escaped(one)}\\s*=`).test(value));
    if (other === undefined) continue;
    throw new UserError(`variables: the value of ${name} contains "${other}=", which sets another variable.`, {
      hint: `Write "variables: |" and one name=value per line.`,
      section: "inputs",
    });
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function warnOfQuotesAndReferences(given: VariableSources["given"]): void {
  for (const [name, value] of Object.entries(given)) {
    if (/^(["']).*\1$/s.test(value.trim())) {
      warn(
        `variables: ${name} is set in quotes, and the quotes are part of the value. Remove them if they are not meant.`,
      );
    } else if (/^(\$\w+|\$\{\w+\}|%\w+%)$/.test(value.trim())) {
      warn(`variables: ${name} is set to the text ${value.trim()}. Write $(name) to use a pipeline variable.`);
    }
  }
}

/** What the job's variables BUNDLE_VAR_<name> give; their names reach the environment in upper case, which the CLI does not take. */
function jobValues({ given, job }: VariableSources, declared: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { name, value, secret } of job.filter((one) => one.name.toUpperCase().startsWith(prefix))) {
    const matches = declaredAs(name.slice(prefix.length), declared);
    const [match] = matches;
    if (match === undefined) print(`The variable ${name} of the job is not used: the bundle does not declare it.`);
    else if (matches.length > 1) throw undecided(name, matches);
    else if (Object.hasOwn(given, match))
      print(`The variable ${name} of the job is not used: the input variables sets ${match}.`);
    else if (secret) {
      warn(
        `The secret variable ${name} of the job is not used. To use it, set the input variables to ${match}=$(${name}).`,
      );
    } else values[match] = value;
  }
  return values;
}

/** The declared variables that a name can mean: the one that is spelled so, else all that differ only in case. */
function declaredAs(name: string, declared: readonly string[]): string[] {
  if (declared.includes(name)) return [name];
  return declared.filter((one) => one.toLowerCase() === name.toLowerCase());
}

function undecided(name: string, matches: readonly string[]): UserError {
  return new UserError(`The variable ${name} of the job can mean ${matches.join(" or ")}, which the bundle declares.`, {
    hint: "Set the one that you mean in the input variables.",
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

/** Names that would give a variable another value than the one that is set: a variable of the job, or of the machine on Windows. */
function overruledNames(set: readonly string[], job: readonly JobVariable[], platform: NodeJS.Platform): string[] {
  const ofJob = job.map(({ name }) => environmentName(name)).filter((name) => name.startsWith(prefix));
  const variants = platform === "win32" ? set.map((name) => name.toUpperCase()) : [];
  return [...new Set([...ofJob, ...variants])].filter((name) => !set.includes(name));
}
