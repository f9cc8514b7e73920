import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { between, table } from "./markdown.ts";
import { root, taskNames } from "./project.ts";

interface TaskTables {
  readonly inputs: readonly {
    readonly name: string;
    readonly aliases?: readonly string[];
    readonly required?: boolean;
    readonly defaultValue?: string | boolean;
    readonly options?: Readonly<Record<string, string>>;
    readonly helpMarkDown: string;
  }[];
  readonly outputVariables: readonly { readonly name: string; readonly description: string }[];
}

/** The page with its tables of inputs and outputs, written from the task definitions between their markers. */
export function withTaskTables(page: string): string {
  return taskNames.reduce((text, name) => {
    const task = JSON.parse(fs.readFileSync(path.join(root, "tasks", name, "task.json"), "utf8")) as TaskTables;
    return between(between(text, `${name} inputs`, inputTable(task)), `${name} outputs`, outputTable(task));
  }, page);
}

function inputTable({ inputs }: TaskTables): string {
  const rows = inputs.map(({ name, aliases, required, defaultValue, helpMarkDown, options }) => {
    const value = defaultValue === undefined ? (required ? " Required." : "") : ` Default: \`${defaultValue}\`.`;
    const choices = options
      ? ` Values: ${Object.keys(options)
          .map((key) => `\`${key}\``)
          .join(", ")}.`
      : "";
    return [`\`${aliases?.[0] ?? name}\``, helpMarkDown + choices + value];
  });
  return table(["Input", "Meaning"], rows);
}

function outputTable({ outputVariables }: TaskTables): string {
  return table(
    ["Output", "Meaning"],
    outputVariables.map(({ name, description }) => [`\`${name}\``, description]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = path.join(root, "overview.md");
  fs.writeFileSync(file, withTaskTables(fs.readFileSync(file, "utf8")));
}
