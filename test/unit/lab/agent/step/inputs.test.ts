import { describe, expect, test } from "vitest";
import { expandMacros } from "../../../../lab/agent/job/macros.ts";
import { SecretMasker } from "../../../../lab/agent/job/masker.ts";
import { environmentName, Variables } from "../../../../lab/agent/job/variables.ts";
import { readTaskDefinition, type TaskDefinition } from "../../../../lab/agent/server/task-definition.ts";
import { isVisible, validateInputs } from "../../../../lab/agent/server/validation.ts";
import { resolveInputs } from "../../../../lab/agent/step/inputs.ts";
import { scriptTask } from "../fixture.ts";

const connection = {
  id: "0e4a0a5e-0000-4000-8000-00000000000a",
  name: "my wif",
  url: "https://management.azure.com/",
  scheme: "WorkloadIdentityFederation",
  parameters: {},
  data: {},
};

function taskWith(...inputs: Record<string, unknown>[]): TaskDefinition {
  return readTaskDefinition({ ...scriptTask, inputs }, "Script", ["index.js"]);
}

function resolve(task: TaskDefinition, given: Record<string, string>): Record<string, string> {
  const variables = new Variables(new SecretMasker());
  variables.set("Name", " value ");
  const sources = {
    variables: (text: string) => variables.expand(text),
    environment: { AGENT_SIDE: "of the agent" },
    fileRoot: "/work/1/s",
  };
  const inputs = resolveInputs(task, validateInputs(task, given, [connection]), sources);
  return Object.fromEntries([...inputs].map(([{ name }, value]) => [name, value]));
}

describe("macros", () => {
  const values: Record<string, string> = { a: "1", b: "$(a)", "x.y z": "dotted" };
  test.each([
    ["<$(a)>", "<1>"],
    ["$(x.y z)", "dotted"],
    ["$(b)", "$(a)"],
    ["$(unknown) $(a)", "$(unknown) 1"],
    ["$(un$(a))", "$(un1)"],
    ["$() $(a", "$() $(a"],
  ])("%s", (text, expanded) => expect(expandMacros(text, (name) => values[name])).toBe(expanded));
});

describe("inputs", () => {
  const text = taskWith({ name: "text", type: "string", defaultValue: " default " });

  test.each<[string, Record<string, string>, string]>([
    ["the default, trimmed", {}, "default"],
    ["trimmed at both ends", { text: "\n a\nb \n" }, "a\nb"],
    ["names are case-insensitive", { TEXT: "x" }, "x"],
    ["values of variables are not trimmed", { text: "$(name)" }, " value "],
    [
      "from the agent's environment, case-sensitive",
      { text: "$(AGENT_SIDE) $(agent_side)" },
      "of the agent $(agent_side)",
    ],
    ["unresolved macros stay", { text: "$(nothing)" }, "$(nothing)"],
    ["an empty value replaces the default", { text: "" }, ""],
  ])("%s", (_what, given, value) => expect(resolve(text, given)).toEqual({ text: value }));

  test.each([
    ["", "/work/1/s"],
    ["bundle", "/work/1/s/bundle"],
    ["../a/./b", "/work/1/a/b"],
    ["/abs/../x", "/x"],
  ])("filePath %j", (given, value) => {
    expect(resolve(taskWith({ name: "file", type: "filePath" }), { file: given })).toEqual({ file: value });
  });

  test("an alias stands for its input", () => {
    const task = taskWith({
      name: "connectedServiceNameARM",
      aliases: ["azureSubscription"],
      type: "connectedService:AzureRM",
    });
    expect(resolve(task, { azureSubscription: "My WIF" })).toEqual({ connectedServiceNameARM: connection.id });
    expect(() => resolve(task, { azureSubscription: "a", connectedServiceNameARM: "b" })).toThrow(/could not be found/);
    const twice = { azureSubscription: connection.id, connectedServiceNameARM: connection.id };
    expect(() => resolve(task, twice)).toThrow(/given twice/);
  });
});

describe("what the server refuses", () => {
  const task = taskWith(
    { name: "kind", type: "pickList", defaultValue: "inline" },
    { name: "path", type: "string", required: true, visibleRule: "kind = file" },
  );

  test("an unknown input", () => expect(() => resolve(task, { nope: "x" })).toThrow(/unknown input 'nope'/));
  test("a required input without value", () =>
    expect(() => resolve(task, { kind: "file" })).toThrow(/'path' is required/));
  test("but not a hidden one", () => expect(resolve(task, {})).toEqual({ kind: "inline", path: "" }));

  test.each([
    ["a = 1", true],
    ["a == 2", false],
    ["a != 1", false],
    ["a = 1 && b = 2", true],
    ["a = 2 || b = 2", true],
    ["b NotContains 3", true],
  ])("visibleRule %s", (rule, visible) => {
    expect(isVisible(rule, (name) => ({ a: "1", b: "2" })[name] ?? "")).toBe(visible);
  });

  test("a visibleRule that is not understood", () => expect(() => isVisible("a", () => "")).toThrow(/not understood/));
});

describe("variables", () => {
  function variablesOf(values: Record<string, string>): { variables: Variables; masker: SecretMasker } {
    const masker = new SecretMasker();
    const variables = new Variables(masker);
    for (const [name, value] of Object.entries(values)) variables.set(name, value);
    return { variables, masker };
  }

  test("refer to each other, at any depth", () => {
    const { variables } = variablesOf({ a: "<$(B)>", b: "$(c)$(c)", c: "x" });
    expect(variables.recalculate()).toEqual([]);
    expect(variables.get("A")).toBe("<xx>");
  });

  test("a cycle leaves the value and gives a warning", () => {
    const { variables } = variablesOf({ a: "$(b)", b: "$(a)" });
    expect(variables.recalculate()).toEqual([
      "Unable to expand variable 'a'. A cyclical reference was detected.",
      "Unable to expand variable 'b'. A cyclical reference was detected.",
    ]);
    expect(variables.get("a")).toBe("$(b)");
  });

  test("what refers to a secret becomes one, and is masked", () => {
    const { variables, masker } = variablesOf({ url: "https://x/$(key)" });
    variables.set("key", "k-123", { secret: true });
    variables.recalculate();
    expect(variables.isSecret("url")).toBe(true);
    expect(masker.mask("see https://x/k-123")).toBe("see ***");
  });

  test("once secret, always secret", () => {
    const { variables } = variablesOf({});
    variables.set("key", "one", { secret: true });
    variables.set("KEY", "two");
    expect(variables.isSecret("key")).toBe(true);
  });

  test("environment names change dots, blanks and case only", () => {
    expect(environmentName("my.var name-x")).toBe("MY_VAR_NAME-X");
    expect(environmentName("my.var", true)).toBe("my_var");
  });
});
