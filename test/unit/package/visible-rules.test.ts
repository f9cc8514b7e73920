import { describe, expect, it } from "vitest";
import { isVisible } from "../../lab/agent/server/validation.ts";
import { type TaskDefinition, tasks } from "./project.ts";

interface Term {
  readonly input: string;
  readonly value: string;
}

/** What a rule compares. Throws for anything but equalities that are joined by `||` or by `&&`. */
function termsOf(rule: string): Term[] {
  return rule.split(/ (?:\|\||&&) /).map((term) => {
    const [, input, value] = /^(\w+) = (\w+)$/.exec(term) ?? [];
    if (input === undefined || value === undefined) throw new Error(`"${term}" of "${rule}" is no equality.`);
    return { input, value };
  });
}

/** Every rule of a task, of inputs and of groups, with the group that the ruled input is in. */
function rulesOf({ inputs, groups = [] }: TaskDefinition) {
  const ruled = [...inputs, ...groups.map((group) => ({ ...group, groupName: undefined }))];
  return ruled.flatMap(({ name, visibleRule, groupName }) => (visibleRule ? [{ name, visibleRule, groupName }] : []));
}

const rules = tasks.flatMap(({ definition, source }) =>
  rulesOf(definition).map((rule) => ({ ...rule, definition, source })),
);

it.each(rules)(
  "compares inputs only with their own values in the rule of $name: $visibleRule",
  ({ visibleRule, definition, source }) => {
    for (const { input, value } of termsOf(visibleRule)) {
      const { options, type } = definition.inputs.find((one) => one.name === input) ?? {};
      if (options) expect(Object.keys(options), input).toContain(value);
      else expect([type, source.includes(`"${value}"`)], input).toEqual(["string", true]);
    }
  },
);

// Azure DevOps Server looks for an input that a rule names in the group of the ruled input alone.
it.each(rules)("uses only inputs of the same group in the rule of $name", ({ visibleRule, groupName, definition }) => {
  for (const { input } of termsOf(visibleRule)) {
    expect(definition.inputs.find((one) => one.name === input)?.groupName).toBe(groupName);
  }
});

/** The inputs that the editor hides while the others have these values. */
function hiddenInputs({ inputs, groups = [] }: TaskDefinition, values: Readonly<Record<string, string>>): string[] {
  const shown = (rule: string | undefined) => rule === undefined || isVisible(rule, (name) => values[name] ?? "");
  return inputs
    .filter(({ visibleRule, groupName }) => {
      const group = groups.find(({ name }) => name === groupName);
      return !shown(visibleRule) || !shown(group?.visibleRule);
    })
    .map(({ name }) => name)
    .sort();
}

describe("the editor", () => {
  const definitionOf = (name: string) => tasks.find((task) => task.name === name)?.definition as TaskDefinition;
  const deploy = definitionOf("DatabricksBundleDeploy");
  const conditions = ["failOnActiveRuns", "incremental", "plan"];
  const planning = ["failOnChanges", "pullRequestComment"];
  const runs = ["cancelRuns", "noWait", "run"];
  const approval = ["autoApprove", "forceLock", "lockTimeoutInMinutes"];

  it.each([
    ["validate", [...approval, ...conditions, ...planning, ...runs]],
    ["plan", [...approval, ...conditions, ...runs]],
    ["deploy", planning],
    ["run", [...approval, ...conditions, ...planning, "changedSince"]],
    ["destroy", [...conditions, ...planning, ...runs, "changedSince"]],
  ])("shows exactly the inputs for command: %s", (command, hidden) => {
    expect(hiddenInputs(deploy, { command, authentication: "databricks" })).toEqual([...hidden].sort());
  });

  it("shows databricksClientId only if the workspace exchanges the token", () => {
    const hidden = hiddenInputs(deploy, { command: "deploy", authentication: "entra" });
    expect(hidden).toEqual(["databricksClientId", ...planning]);
  });

  it("shows the bundle folder of the installer only if the bundle decides the version", () => {
    const installer = definitionOf("DatabricksCliInstaller");
    expect(hiddenInputs(installer, { version: "latest" })).toEqual(["workingDirectory"]);
    expect(hiddenInputs(installer, { version: "bundle" })).toEqual([]);
  });

  it("has a browse button for each file and folder, and no address in a help text, which it would show as a link", () => {
    for (const { inputs } of tasks.map(({ definition }) => definition)) {
      for (const { name, type, helpMarkDown } of inputs) {
        if (/Path$|^plan$|Directory$/.test(name)) expect(type, name).toBe("filePath");
        expect(helpMarkDown).not.toContain("://");
      }
    }
  });
});
