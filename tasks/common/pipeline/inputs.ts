import fs from "node:fs";
import path from "node:path";
import * as tl from "azure-pipelines-task-lib/task";
import { UserError } from "./errors.ts";

/** Reads a task's inputs and collects their problems, so that all are reported at once. */
export interface InputReader {
  /** Trimmed; undefined when empty. An unresolved `$(macro)` is a problem, and replaces other problems that it causes. */
  text(name: string): string | undefined;
  /** `alias` is the input's name in YAML. */
  required(name: string, alias?: string): string;
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

  const text: InputReader["text"] = (name) => {
    const value = tl.getInput(name)?.trim();
    const macro = value && unresolvedMacro(value);
    if (macro) add(name, `${macro} was not replaced: this job has no variable with that name.`);
    return value || undefined;
  };

  return {
    text,
    problem,
    required(name, alias = name) {
      const value = text(name);
      if (value === undefined) problem(alias, "is required.");
      return value ?? "";
    },
    flag(name, otherwise = false) {
      const value = text(name)?.toLowerCase() ?? String(otherwise);
      if (value !== "true" && value !== "false") problem(name, `"${value}" is not true or false.`);
      return value === "true";
    },
    oneOf<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
      const value = text(name) ?? otherwise;
      const match = allowed.find((one) => one.toLowerCase() === value.toLowerCase());
      if (match === undefined) problem(name, `"${value}" is not one of ${allowed.join(", ")}.`);
      return match ?? otherwise;
    },
    lines: (name) =>
      (text(name) ?? "")
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== ""),
    folder(name) {
      const folder = path.resolve(defaultFolder(), text(name) ?? ".");
      if (statOf(folder)?.isDirectory()) return folder;
      const advice =
        checkoutAdvice(folder) ?? `Set it to a folder that exists. Relative paths start at ${defaultFolder()}.`;
      problem(name, `there is no folder ${folder}. ${advice}`);
      return undefined;
    },
    file(name, advice) {
      const value = text(name);
      if (value === undefined) return undefined;
      const file = path.resolve(defaultFolder(), value);
      if (statOf(file)?.isFile()) return file;
      problem(name, `there is no file ${file}. ${advice}`);
      return undefined;
    },
    finish() {
      if (problems.size === 0) return;
      const subject = problems.size === 1 ? "An input of this step is" : `${problems.size} inputs of this step are`;
      const all = [...problems].flatMap(([name, texts]) => [...texts].map((text) => `${name}: ${text}`));
      throw new UserError([`${subject} not usable.`, ...all].join("\n"), { section: "inputs" });
    },
  };
}

/** The first `$(macro)` that the agent did not replace, e.g. a variable that this job does not have. */
export function unresolvedMacro(value: string): string | undefined {
  return /\$\([A-Za-z_][\w.\- ]*\)/.exec(value)?.[0];
}

/** What to do if files are missing from a folder because nothing was checked out; otherwise undefined. */
export function checkoutAdvice(folder: string): string | undefined {
  const root = path.resolve(defaultFolder());
  const isInside = folder === root || folder.startsWith(root + path.sep);
  if (!isInside || (statOf(root)?.isDirectory() && fs.readdirSync(root).length > 0)) return undefined;
  return (
    `Nothing is checked out in ${root}. In YAML, add "- checkout: self" before this step (a deployment job ` +
    "does not check out by default). In a classic release, add an artifact."
  );
}

/** Repository root in builds, artifacts folder in classic releases. */
function defaultFolder(): string {
  return tl.getVariable("System.DefaultWorkingDirectory") ?? process.cwd();
}

/** Also undefined when a part of the path is not a folder, or cannot be read. */
function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file);
  } catch {
    return undefined;
  }
}
