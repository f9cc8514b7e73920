import { describe, expect, test } from "vitest";
import { resolveGiven, someConnection, taskWith } from "../fixture.ts";

describe("inputs", () => {
  const text = taskWith({ name: "text", type: "string", defaultValue: " default " });

  test.each<[string, Record<string, string>, string]>([
    ["its default is trimmed", {}, "default"],
    ["its value is trimmed at both ends", { text: "\n a\nb \n" }, "a\nb"],
    ["its name is case-insensitive", { TEXT: "x" }, "x"],
    ["the value of a variable is not trimmed", { text: "$(name)" }, " value "],
    [
      "the agent's environment is case-sensitive",
      { text: "$(AGENT_SIDE) $(agent_side)" },
      "of the agent $(agent_side)",
    ],
    ["an unresolved macro stays", { text: "$(nothing)" }, "$(nothing)"],
    ["an empty value replaces the default", { text: "" }, ""],
  ])("an input: %s", (_what, given, value) => expect(resolveGiven(text, given)).toEqual({ text: value }));

  test.each([
    ["", "/work/1/s"],
    ["bundle", "/work/1/s/bundle"],
    ["../a/./b", "/work/1/a/b"],
    ["/abs/../x", "/x"],
    ["Z:\\abs\\x.zip", "Z:\\abs\\x.zip"],
  ])("a filePath %j becomes %s", (given, value) => {
    expect(resolveGiven(taskWith({ name: "file", type: "filePath" }), { file: given })).toEqual({ file: value });
  });

  test("an alias names its input", () => {
    const task = taskWith({
      name: "connectedServiceNameARM",
      aliases: ["azureSubscription"],
      type: "connectedService:AzureRM",
    });
    expect(resolveGiven(task, { azureSubscription: "My WIF" })).toEqual({ connectedServiceNameARM: someConnection.id });
    expect(() => resolveGiven(task, { azureSubscription: "a", connectedServiceNameARM: "b" })).toThrow(
      /could not be found/,
    );
    const twice = { azureSubscription: someConnection.id, connectedServiceNameARM: someConnection.id };
    expect(() => resolveGiven(task, twice)).toThrow(/given twice/);
  });
});
