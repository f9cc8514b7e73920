import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = path.join(root, "tasks", "DatabricksCliInstaller");

interface TaskJson {
  readonly id: string;
  readonly friendlyName: string;
  readonly inputs: readonly { readonly name: string; readonly helpMarkDown: string; readonly groupName?: string }[];
  readonly groups: readonly { readonly name: string }[];
  readonly outputVariables: readonly { readonly name: string }[];
  readonly restrictions: { readonly settableVariables: { readonly allowed: readonly string[] } };
}

const task: TaskJson = JSON.parse(fs.readFileSync(path.join(folder, "task.json"), "utf8"));
const inputNames = task.inputs.map(({ name }) => name);

describe("task.json", () => {
  it("declares exactly the inputs that the code reads", () => {
    const code = fs.readFileSync(path.join(folder, "inputs.ts"), "utf8");
    const read = [...code.matchAll(/reader\.(?:text|flag|folder|file|problem)\("(\w+)"/g)].map((match) => match[1]);
    expect(new Set(read)).toEqual(new Set(inputNames));
  });

  it("allows the step to set only PATH and the outputs", () => {
    const outputs = task.outputVariables.map(({ name }) => name);
    expect(task.restrictions.settableVariables.allowed).toEqual(["PATH", ...outputs]);
    const code = fs.readFileSync(path.join(folder, "main.ts"), "utf8");
    expect([...code.matchAll(/setOutput\("(\w+)"/g)].map((match) => match[1])).toEqual(outputs);
  });

  it("has the form that the Marketplace and the editor require", () => {
    expect(task.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(task.friendlyName.length).toBeLessThanOrEqual(40);
    for (const { helpMarkDown } of task.inputs) expect(helpMarkDown).toMatch(/^[A-Z].*\.$/);
    const groups = new Set(task.inputs.flatMap(({ groupName }) => groupName ?? []));
    expect(groups).toEqual(new Set(task.groups.map(({ name }) => name)));
  });

  it("has an icon of 32 by 32 pixels", () => {
    const icon = fs.readFileSync(path.join(folder, "icon.png"));
    expect([icon.readUInt32BE(16), icon.readUInt32BE(20)]).toEqual([32, 32]);
  });
});

describe("docs/installing.md", () => {
  const page = fs.readFileSync(path.join(root, "docs", "installing.md"), "utf8");
  const examples = [...page.matchAll(/^( *)```yaml\n(.*?)^ *```/gms)].map(([, indent = "", text = ""]) => {
    const document: unknown = parse(text.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
    return document as { readonly steps?: readonly { readonly task?: string; readonly inputs?: object }[] };
  });
  const steps = examples.flatMap((example) => example.steps ?? []).filter((step) => step.task !== undefined);

  it("contains examples", () => expect(steps.length).toBeGreaterThan(5));

  it("uses only inputs that exist in its examples", () => {
    for (const { task: name, inputs = {} } of steps) {
      expect(name).toBe("DatabricksCliInstaller@1");
      expect(inputNames).toEqual(expect.arrayContaining(Object.keys(inputs)));
    }
  });

  it("explains every input and output", () => {
    for (const name of [...inputNames, ...task.outputVariables.map((output) => output.name)]) {
      expect(page).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });
});
