import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { loginVariables } from "../../../tasks/common/sign-in/login-variables.ts";
import { matches, read, sourceFiles, tasks } from "./project.ts";
import { taskSchema } from "./task-schema.ts";

const inputReads =
  /reader\s*\.(text|required|uuid|flag|oneOf|lines|folder|file)(?:<[^>]*>)?\(\s*"(\w+)"([^()]*)\)(?:\s*\?\?\s*"([^"]*)")?/g;
const unique = (names: readonly string[]) => [...new Set(names)].sort();

interface InputRead {
  readonly input: string;
  readonly method: string;
  /** What an empty input means to the code. */
  readonly fallback: string | undefined;
}

function inputReadsOf(source: string): InputRead[] {
  return [...source.matchAll(inputReads)].map(([, method = "", input = "", more = "", otherwise]) => {
    const flag = /,\s*true\b/.test(more) ? "true" : "false";
    const choice = matches(more, /"([^"]*)"/g).at(-1);
    const fallback = { flag, oneOf: choice }[method] ?? otherwise;
    return { input, method, fallback: fallback || undefined };
  });
}

describe.each(tasks)("task.json of $name", ({ name, definition, source }) => {
  const { inputs, outputVariables, groups = [] } = definition;
  const names = inputs.map((input) => input.name);
  const outputs = outputVariables.map((output) => output.name);
  const reads = inputReadsOf(source);

  it("matches the public task schema", () => {
    const ajv = new Ajv({ allErrors: true });
    expect(ajv.validate(taskSchema, definition), ajv.errorsText()).toBe(true);
    expect(definition.name).toBe(name);
    expect(unique(names)).toHaveLength(names.length);
  });

  it("declares exactly the inputs that the code reads", () => {
    expect(unique(reads.map(({ input }) => input))).toEqual(unique(names));
  });

  it.each(reads)("declares the same default and requirement of $input as the code", ({ input, method, fallback }) => {
    const declared = inputs.find((one) => one.name === input);
    expect(declared?.defaultValue).toBe(fallback);
    expect(declared?.required && fallback === undefined).toBe(method === "required");
    expect(declared?.type === "boolean").toBe(method === "flag");
    expect(declared?.options !== undefined).toBe(method === "oneOf");
  });

  it("declares the same choices as the code", () => {
    for (const { name: input, options = {}, defaultValue } of inputs.filter(({ options }) => options)) {
      expect(Object.keys(options), input).toContain(defaultValue);
      for (const choice of Object.keys(options)) expect(source, input).toContain(`"${choice}"`);
    }
  });

  it("declares exactly the outputs that the code sets, and does not allow other variables", () => {
    expect(unique(matches(source, /setOutput\(\s*"(\w+)"/g))).toEqual(unique(outputs));
    const paths = source.includes("prependPath(") ? ["PATH"] : [];
    const bypass = matches(source, /"(no_proxy)"/gi);
    const variables = source.includes("setJobVariable(") ? [...Object.values(loginVariables), ...bypass] : [];
    const expected = unique([...outputs, ...paths, ...variables]);
    expect(unique(definition.restrictions.settableVariables.allowed)).toEqual(expected);
  });

  it("restricts logging commands, unless the task shows a summary, which the restriction does not allow", () => {
    const { commands } = definition.restrictions;
    expect(commands).toEqual(/\bpublishSummary\b/.test(source) ? undefined : { mode: "restricted" });
  });

  it.each(inputs)("explains $name in one sentence", ({ helpMarkDown }) => {
    expect(helpMarkDown).toMatch(/^[A-Z].+\.$/);
    expect(helpMarkDown).not.toMatch(/[.!?]\)? [A-Z]/);
    expect(helpMarkDown.length).toBeLessThan(220);
  });

  it("declares only groups that its inputs use", () => {
    expect(unique(inputs.flatMap(({ groupName = [] }) => groupName))).toEqual(
      unique(groups.map((group) => group.name)),
    );
  });

  it("refers only to its own inputs in the name of the step and in data sources", () => {
    expect(names).toEqual(expect.arrayContaining(matches(definition.instanceNameFormat, /\$\((\w+)\)/g)));
    for (const { target, endpointId } of definition.dataSourceBindings ?? []) {
      expect(names).toEqual(expect.arrayContaining([target, ...matches(endpointId, /\$\((\w+)\)/g)]));
    }
  });
});

it("runs on the agents that the listing names", () => {
  for (const { definition } of tasks) {
    for (const page of [read("overview.md"), read("docs", "setup.md")]) {
      expect(page.replace(/\s+/g, " ")).toContain(`gents from version ${definition.minimumAgentVersion}`);
    }
  }
});

it("reads the inputs of all tasks through one module only", () => {
  const readers = sourceFiles("tasks").filter((file) => /\btl\.get\w*Input\(/.test(read(file)));
  expect(readers).toEqual(["tasks/common/pipeline/inputs.ts"]);
});
