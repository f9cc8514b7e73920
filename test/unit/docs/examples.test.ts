import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { taskNames } from "../../../scripts/project.ts";
import { loginVariables } from "../../../tasks/common/sign-in/login-variables.ts";
import { type ExampleStep, examplePipelines, root, stepsOf } from "../../e2e/deploy/examples.ts";

interface TaskInput {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly type: string;
  readonly required?: boolean;
  readonly defaultValue?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly groupName?: string;
  readonly visibleRule?: string;
}

interface TaskDefinition {
  readonly name: string;
  readonly groups?: readonly { readonly name: string }[];
  readonly inputs: readonly TaskInput[];
  readonly outputVariables: readonly { readonly name: string }[];
  readonly restrictions: { readonly settableVariables: { readonly allowed: readonly string[] } };
}

const tasks = taskNames.map(
  (name) => JSON.parse(fs.readFileSync(path.join(root, "tasks", name, "task.json"), "utf8")) as TaskDefinition,
);
/** What a step passes on under its name. */
function outputsOf(step: ExampleStep): string[] {
  const set = /##vso\[task\.setvariable variable=(\w+);isOutput=true\]/g;
  const scripted = [...(step.bash ?? "").matchAll(set)].map(([, name = ""]) => name);
  return [...scripted, ...(definitionOf(step)?.outputVariables ?? []).map(({ name }) => name)];
}

const definitionOf = (step: ExampleStep) => tasks.find(({ name }) => `${name}@1` === step.task);

describe.each(examplePipelines().map(({ title, pipeline }) => ({ title, steps: stepsOf(pipeline) })))(
  "The example $title",
  ({ steps }) => {
    const own = steps.filter((step) => definitionOf(step) !== undefined);

    it("installs the CLI for another task", () => {
      const [first, ...others] = new Set(own.map(({ task }) => task));
      expect(first).toBe("DatabricksCliInstaller@1");
      expect(others.length).toBeGreaterThanOrEqual(1);
    });

    it.each(own)("gives $task inputs that it has, and all that it needs", (step) => {
      const inputs = definitionOf(step)?.inputs ?? [];
      const given = Object.entries(step.inputs ?? {});
      for (const [name, value] of given) {
        const input = inputs.find((one) => one.name === name || one.aliases?.includes(name));
        expect(input, `input ${name}`).toBeDefined();
        if (input?.options) expect(Object.keys(input.options)).toContain(value);
        if (input?.type === "boolean") expect(value).toBeTypeOf("boolean");
      }
      const missing = inputs.filter(
        ({ name, aliases = [], required, defaultValue }) =>
          required && !defaultValue && !given.some(([one]) => one === name || aliases.includes(one)),
      );
      expect(missing).toEqual([]);
    });

    it("uses outputs that the named step has", () => {
      const outputs = new Map(steps.map((step) => [step.name, outputsOf(step)]));
      for (const [name, output] of usedOutputs(steps)) expect(outputs.get(name), `step ${name}`).toContain(output);
    });
  },
);

it("finds the outputs that the examples use", () => {
  expect(examplePipelines().flatMap(({ pipeline }) => usedOutputs(stepsOf(pipeline))).length).toBeGreaterThan(3);
});

/** The names of steps and of their outputs in macros. */
function usedOutputs(steps: readonly ExampleStep[]): (readonly [step: string, output: string])[] {
  const macros = JSON.stringify(steps).matchAll(/\$\(([A-Za-z]+)\.([A-Za-z]+)\)/g);
  const used = [...macros].map(([, step = "", output = ""]) => [step, output] as const);
  // Variables that Azure Pipelines sets.
  return used.filter(([step]) => !/^[A-Z]/.test(step));
}

/** What a task may set besides its outputs. */
const variablesOf: Readonly<Record<string, readonly string[]>> = {
  DatabricksCliInstaller: ["PATH"],
  DatabricksLogin: [...Object.values(loginVariables), "NO_PROXY", "no_proxy"],
};

describe.each(tasks)("The definition of $name", ({ name, groups = [], inputs, outputVariables, restrictions }) => {
  it("lets the task set its outputs and its variables, and nothing else", () => {
    const outputs = outputVariables.map((output) => output.name);
    const expected = [...outputs, ...(variablesOf[name] ?? [])];
    expect([...restrictions.settableVariables.allowed].sort()).toEqual(expected.sort());
  });

  it("names groups that exist, and rules about inputs that exist", () => {
    const names = inputs.map(({ name }) => name);
    for (const { groupName, visibleRule } of inputs) {
      if (groupName) expect(groups.map(({ name }) => name)).toContain(groupName);
      for (const [, name] of (visibleRule ?? "").matchAll(/(\w+) (?:=|!=)/g)) expect(names).toContain(name);
    }
  });
});
