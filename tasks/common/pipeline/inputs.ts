import fs from "node:fs";
import path from "node:path";
import * as tl from "azure-pipelines-task-lib/task";
import { isGuid } from "./collection.ts";
import { environmentName } from "./environment.ts";
import { UserError } from "./errors.ts";
import { jobVariables, repositoryFolder } from "./job.ts";
import { maskSecrets, quoted } from "./secrets.ts";

/** Reads a task's inputs and collects their problems, so that all are reported at once. */
export interface InputReader {
  /** Trimmed; undefined when empty. An unresolved `$(macro)` is a problem, and replaces other problems that it causes. */
  text(name: string): string | undefined;
  /** `alias` is the input's name in YAML. */
  required(name: string, alias?: string): string;
  /** A UUID; undefined when empty. `kind` says what it identifies, as in "the application ID of a service principal". */
  uuid(name: string, kind: string): string | undefined;
  /** An empty input means `otherwise`, which is the default in task.json. */
  flag(name: string, otherwise?: boolean): boolean;
  oneOf<T extends string>(name: string, allowed: readonly T[], otherwise: T): T;
  /** Non-empty lines, each trimmed. */
  lines(name: string): string[];
  /**
   * Absolute path; relative to the repository root (or artifacts folder), which is also the default. Undefined when
   * there is no such folder, which is a problem.
   */
  folder(name: string): string | undefined;
  /**
   * Absolute path, relative to the same folder. Undefined when empty, or when there is no such file: a problem, with
   * this advice.
   */
  file(name: string, advice: string): string | undefined;
  /** Whether an input of the type `filePath` has a value: the agent turns an empty one into the root folder. */
  hasFile(name: string): boolean;
  problem(name: string, text: string): void;
  /** Throws one UserError with every problem, if there is any. */
  finish(): void;
}

export function inputReader(): InputReader {
  const problems = new Map<string, Set<string>>();
  const add = (name: string, text: string) => problems.set(name, (problems.get(name) ?? new Set()).add(text));
  // A problem that quotes a macro only repeats the problem of that macro, if that is already reported.
  const problem: InputReader["problem"] = (name, text) => {
    if (unresolvedMacro(text) === undefined || !problems.has(name)) add(name, text);
  };

  const replacing = new Map(jobVariables().map((variable) => [environmentName(variable.name), variable.name]));

  const text = (name: string, shown = name) => {
    const variable = replacing.get(`INPUT_${environmentName(name)}`);
    if (variable !== undefined)
      add(shown, `the variable ${variable} of this job replaces this input. Rename the variable.`);
    const value = tl.getInput(name)?.trim();
    const macro = value && macroProblem(value);
    if (macro) add(shown, macro);
    if (value && /^\$\[.*\]$/s.test(value)) {
      add(
        shown,
        `${quoted(value)} is not replaced: such expressions work only in the definition of a variable. Write $(name) here.`,
      );
    }
    return value ? withLiteralMacros(value) : undefined;
  };

  /** Undefined for what the agent makes of an empty input of the type `filePath` (agent: TaskRunner.cs). */
  const filePath = (name: string) => {
    const value = text(name);
    const isRoot = value !== undefined && path.isAbsolute(value) && path.relative(repositoryFolder(), value) === "";
    return isRoot ? undefined : value;
  };

  return {
    text: (name) => text(name),
    problem,
    required(name, alias = name) {
      const value = text(name, alias);
      if (value === undefined) problem(alias, "is required.");
      return value ?? "";
    },
    uuid(name, kind) {
      const value = text(name);
      if (value !== undefined && !isGuid(value)) {
        problem(name, `${quoted(value)} is not ${kind}, which looks like 1f2e3d4c-0000-4000-8000-123456789abc.`);
      }
      return value;
    },
    flag(name, otherwise = false) {
      const given = text(name) ?? String(otherwise);
      const value = given.toLowerCase();
      if (value !== "true" && value !== "false") problem(name, `${quoted(given)} is not true or false.`);
      return value === "true";
    },
    oneOf<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
      const value = text(name) ?? otherwise;
      const match = allowed.find((one) => one.toLowerCase() === value.toLowerCase());
      if (match === undefined) problem(name, `${quoted(value)} is not one of ${allowed.join(", ")}.`);
      return match ?? otherwise;
    },
    lines: (name) =>
      (text(name) ?? "")
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== ""),
    folder(name) {
      const value = text(name) ?? ".";
      const folder = path.resolve(repositoryFolder(), value);
      const stats = statOf(folder);
      if (stats?.isDirectory()) return folder;
      if (stats) {
        problem(
          name,
          `${shownPath(value, folder)} is a file, not a folder. Set it to the folder that contains this file.`,
        );
        return undefined;
      }
      const advice =
        checkoutAdvice(folder) ?? `Set it to a folder that exists. Relative paths start at ${repositoryFolder()}.`;
      problem(name, `there is no folder ${shownPath(value, folder)}. ${advice}`);
      return undefined;
    },
    file(name, advice) {
      const value = filePath(name);
      if (value === undefined) return undefined;
      const file = path.resolve(repositoryFolder(), value);
      if (statOf(file)?.isFile()) return file;
      problem(name, `there is no file ${shownPath(value, file)}. ${advice}`);
      return undefined;
    },
    hasFile: (name) => filePath(name) !== undefined,
    finish() {
      if (problems.size === 0) return;
      const subject = problems.size === 1 ? "An input of this step is" : `${problems.size} inputs of this step are`;
      const all = [...problems].flatMap(([name, texts]) => [...texts].map((text) => `${name}: ${text}`));
      throw new UserError([`${subject} not usable.`, ...all].join("\n"), { section: "inputs" });
    },
  };
}

const macroPattern = String.raw`\$\([A-Za-z_][\w.\- ]*\)`;

/** The first `$(macro)` that the agent did not replace, e.g. a variable that this job does not have. */
export function unresolvedMacro(value: string): string | undefined {
  return new RegExp(`(?<!\\$)${macroPattern}`).exec(value)?.[0];
}

/** What is wrong with a value that contains an unresolved macro; otherwise undefined. */
export function macroProblem(value: string): string | undefined {
  const macro = unresolvedMacro(value);
  if (macro === undefined) return undefined;
  return `${macro} was not replaced, because this job has no variable with that name. To pass this text unchanged, write $$( instead of $(.`;
}

/** A value in which `$$(name)`, which the agent leaves as it is if the job has no variable `name`, is the text `$(name)`. */
export function withLiteralMacros(value: string): string {
  return value.replace(new RegExp(`\\$(?=${macroPattern})`, "g"), "");
}

/** An absolute path is not always its input word for word, and the agent would not recognize a secret in it. */
function shownPath(value: string, file: string): string {
  return maskSecrets(value) === value ? file : maskSecrets(value);
}

/** What to do if files are missing from a folder because nothing was checked out; otherwise undefined. */
export function checkoutAdvice(folder: string): string | undefined {
  const root = path.resolve(repositoryFolder());
  // On Windows, paths that differ in case are compared as equal.
  const fromRoot = path.relative(root, folder);
  const isInside = fromRoot.split(path.sep)[0] !== ".." && !path.isAbsolute(fromRoot);
  if (!isInside || (statOf(root)?.isDirectory() && fs.readdirSync(root).length > 0)) return undefined;
  return (
    `Nothing is checked out in ${root}. In YAML, add "- checkout: self" before this step (a deployment job ` +
    "does not check out by default). In a classic release, add an artifact."
  );
}

/** Also undefined when a part of the path is not a folder, or cannot be read. */
function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file);
  } catch {
    return undefined;
  }
}
