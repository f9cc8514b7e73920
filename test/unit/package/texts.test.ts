import { describe, expect, it } from "vitest";
import { listTexts } from "../../../scripts/texts/text-list.ts";
import { brokenRules } from "../../../scripts/texts/writing-rules.ts";
import { allTexts, textsPage } from "../../../scripts/texts.ts";
import { tasks } from "./project.ts";

const source = `
import { UserError } from "./some words in a module name.ts";
export { other } from "./words of another module.ts";
const lazy = await import("some lazy words");
type Kind = "a kind of type" | \`\${string} in a type\`;
const pattern = /^a pattern of words$/;
const verdict = { ready: "ready to go", "not a text": 1 } as const;

export function check(name: string, kind: Kind, count: number): void {
  print(\`Checking \${name}\`);
  if (kind === "a kind of type") debug("skipped");
  const which = count > 1 ? \`\${count} items\` : "one item";
  const rest = process.env["SOME_VARIABLE"] ?? path.join("folder", "file.txt");
  throw new UserError(\`\${which} of \${name} \${count > 1 ? "do" : "does"} not fit.\`, {
    hint: "Choose another one, " + "or none.",
    section: "inputs",
  });
}
`;

describe("the texts of a source file", () => {
  const texts = listTexts("example.ts", source);
  const words = texts.map(({ text }) => text);

  it("hold messages, hints and log lines with their line and what they are given to", () => {
    expect(texts).toContainEqual({ line: 10, role: "print", text: "Checking {name}", isPart: false });
    expect(texts).toContainEqual({ line: 11, role: "debug", text: "skipped", isPart: false });
    expect(texts).toContainEqual({ line: 15, role: "hint", text: "Choose another one, or none.", isPart: false });
  });

  it("hold a template with its expressions, and after it the words that the expressions choose", () => {
    const message = "{which} of {name} {count > 1 ? …} not fit.";
    expect(texts).toContainEqual({ line: 14, role: "UserError", text: message, isPart: false });
    const parts = texts.filter(({ isPart }) => isPart).map(({ text }) => text);
    expect(parts).toEqual(["do", "does"]);
  });

  it("hold the words that a message is composed of elsewhere", () => {
    expect(words).toEqual(expect.arrayContaining(["ready to go", "{count} items", "one item"]));
  });

  it("hold no module names, types, patterns, keys, compared values, variables or paths", () => {
    expect(words).toEqual([
      "ready to go",
      "Checking {name}",
      "skipped",
      "{count} items",
      "one item",
      "{which} of {name} {count > 1 ? …} not fit.",
      "do",
      "does",
      "Choose another one, or none.",
    ]);
  });

  it("cannot be listed if the file has a syntax error", () => {
    expect(() => listTexts("example.ts", "const a = ;")).toThrow(/^example\.ts cannot be parsed: /);
  });
});

it("labels, descriptions, help and options of a task definition are texts; ids and rules are not", () => {
  const definition = {
    id: "0000 not shown",
    friendlyName: "Deploy",
    inputs: [
      { name: "mode", label: "Mode", visibleRule: "a = b", options: { fast: "Fast" }, helpMarkDown: "How to go." },
    ],
  };
  const texts = listTexts("task.json", JSON.stringify(definition, undefined, 2));
  expect(texts.map(({ line, role, text }) => [line, role, text])).toEqual([
    [3, "friendlyName", "Deploy"],
    [6, "name", "mode"],
    [7, "label", "Mode"],
    [10, "fast", "Fast"],
    [12, "helpMarkDown", "How to go."],
  ]);
});

it("a text that breaks a writing rule is shown first, with what to write instead", () => {
  const text = { line: 3, role: "print", text: "Nobody can mend {this.nobody}.", isPart: false };
  const page = textsPage([{ file: "tasks/a.ts", texts: [text] }]);
  expect(page).toContain('tasks/a.ts:3 [write "fix"] Nobody can mend {this.nobody}.');
  expect(page.indexOf("## To look at first")).toBeLessThan(page.indexOf("## tasks/a.ts"));
});

it("the words of a placeholder are not checked", () => {
  expect(brokenRules("Reading {nobody.said}.")).toEqual([]);
});

describe("the list of the project", () => {
  const files = allTexts();
  const textsUnder = (folder: string) =>
    files.filter(({ file }) => file.startsWith(`tasks/${folder}/`)).flatMap(({ texts }) => texts);

  it.each(tasks)("holds what the definition and the errors of $name tell", ({ name, definition }) => {
    const texts = textsUnder(name);
    expect(texts.map(({ text }) => text)).toContain(definition.inputs[0]?.helpMarkDown);
    expect(texts.filter(({ role, text }) => role === "UserError" && text.endsWith(".")).length).toBeGreaterThan(0);
  });

  it.each([
    ["pipeline", ["UserError", "hint"]],
    ["failures", ["what", "cause", "action"]],
    ["sign-in", ["UserError", "hint"]],
  ])("holds the errors of common/%s and what to do", (folder, expected) => {
    const roles = textsUnder(`common/${folder}`).map(({ role }) => role);
    expect(roles).toEqual(expect.arrayContaining(expected));
  });
});
