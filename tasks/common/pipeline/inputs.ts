import fs from "node:fs";
import path from "node:path";
import * as tl from "azure-pipelines-task-lib/task";
import { UserError } from "./errors.ts";

/** Reads a task's inputs and collects what is wrong with them, so that all is reported at once. */
export interface InputReader {
  /** Trimmed; undefined when empty. An unresolved `$(macro)` is a problem. */
  text(name: string): string | undefined;
  /** `alias` is the name that authors of YAML write. */
  required(name: string, alias?: string): string;
  /** An empty input means `otherwise`, which is the default that task.json gives. */
  flag(name: string, otherwise?: boolean): boolean;
  oneOf<T extends string>(name: string, allowed: readonly T[], otherwise: T): T;
  /** Non-empty lines, each trimmed. */
  lines(name: string): string[];
  /** Absolute path of an existing folder; relative to the repository root (or artifacts folder), which is also the default. */
  folder(name: string): string;
  /** Absolute path of an existing file, relative to the same folder; undefined when empty. */
  file(name: string): string | undefined;
  problem(name: string, text: string): void;
  /** Throws one UserError with every problem, if there is any. */
  finish(): void;
}

export function inputReader(): InputReader {
  const problems: string[] = [];
  const problem: InputReader["problem"] = (name, text) => problems.push(`${name}: ${text}`);

  const text: InputReader["text"] = (name) => {
    const value = tl.getInput(name)?.trim();
    const macro = value && unresolvedMacro(value);
    if (macro) problem(name, `${macro} was not replaced: no variable of that name is known to this job.`);
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
      if (match === undefined) problem(name, `"${value}" is none of ${allowed.join(", ")}.`);
      return match ?? otherwise;
    },
    lines: (name) =>
      (text(name) ?? "")
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== ""),
    folder(name) {
      const folder = path.resolve(defaultFolder(), text(name) ?? ".");
      if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory())
        problem(name, `there is no folder ${folder}.`);
      return folder;
    },
    file(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      const file = path.resolve(defaultFolder(), value);
      if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) problem(name, `there is no file ${file}.`);
      return file;
    },
    finish() {
      if (problems.length === 0) return;
      const subject = problems.length === 1 ? "An input of this step is" : `${problems.length} inputs of this step are`;
      throw new UserError(`${subject} not usable. ${problems.join(" ")}`, { anchor: "inputs" });
    },
  };
}

/** The first `$(macro)` that the agent left unresolved, e.g. a variable that this job does not have. */
export function unresolvedMacro(value: string): string | undefined {
  return /\$\([A-Za-z_][\w.\- ]*\)/.exec(value)?.[0];
}

/** Repository root in builds, artifacts folder in classic releases. */
function defaultFolder(): string {
  return tl.getVariable("System.DefaultWorkingDirectory") ?? process.cwd();
}
