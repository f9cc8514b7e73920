import fs from "node:fs";
import path from "node:path";
import { root, taskNames } from "../../../scripts/project.ts";

export interface TaskInput {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly type: string;
  readonly defaultValue?: string;
  readonly required: boolean;
  readonly helpMarkDown: string;
  readonly groupName?: string;
  readonly visibleRule?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, unknown>>;
}

interface DataSourceBinding {
  readonly target: string;
  readonly endpointId: string;
  readonly endpointUrl: string;
  readonly resultSelector: string;
  readonly resultTemplate: string;
}

export interface TaskDefinition {
  readonly name: string;
  readonly helpUrl: string;
  readonly helpMarkDown: string;
  readonly author: string;
  readonly minimumAgentVersion: string;
  readonly instanceNameFormat: string;
  readonly groups?: readonly { readonly name: string; readonly visibleRule?: string }[];
  readonly inputs: readonly TaskInput[];
  readonly dataSourceBindings?: readonly DataSourceBinding[];
  readonly outputVariables: readonly { readonly name: string; readonly description: string }[];
  readonly restrictions: {
    readonly commands?: { readonly mode: string };
    readonly settableVariables: { readonly allowed: readonly string[] };
  };
}

/** A file of the project, as text. */
export function read(...names: readonly string[]): string {
  return fs.readFileSync(path.join(root, ...names), "utf8");
}

export function manifest(): Record<string, unknown> {
  return JSON.parse(read("vss-extension.json")) as Record<string, unknown>;
}

/** A task's definition and its sources. Of `tasks/common`, only the inputs for signing in are among them, if it reads them. */
export interface TaskSources {
  readonly name: string;
  readonly definition: TaskDefinition;
  readonly source: string;
}

export const tasks: readonly TaskSources[] = taskNames.map((name) => ({
  name,
  definition: JSON.parse(read("tasks", name, "task.json")) as TaskDefinition,
  source: sourceOf(name),
}));

function sourceOf(name: string): string {
  const own = sourceFiles("tasks", name).map((file) => read(file));
  const shared = own.some((text) => text.includes("readSignInInputs(")) ? [read("tasks/common/sign-in/inputs.ts")] : [];
  return [...own, ...shared].join("\n");
}

/** TypeScript files under a folder of the project, relative to the project. */
export function sourceFiles(...folder: readonly string[]): string[] {
  return fs
    .readdirSync(path.join(root, ...folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.join(...folder, file));
}

/** The project's pages, relative to the project. */
export function markdownFiles(): string[] {
  const folders = [".", "docs"].map((folder) => ({ folder, names: fs.readdirSync(path.join(root, folder)) }));
  return folders.flatMap(({ folder, names }) =>
    names.filter((name) => name.endsWith(".md")).map((name) => path.join(folder, name)),
  );
}

/** All first groups of a pattern's matches. */
export function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? "");
}
