import { describe, expect, test } from "vitest";
import { escapeCommand, parseCommand, unescapeCommand } from "../../../../lab/agent/commands/command.ts";

describe("parsing of logging commands", () => {
  // The vectors of the agent's own LoggingCommandL0.cs, with %AZP25 for what that test still calls %VSTS.
  test.each([
    ["##vso[area.event k1=v1;]msg", { k1: "v1" }, "msg"],
    ["##vso[area.event]", {}, ""],
    [">>>   ##vso[area.event k1=v1;]msg", { k1: "v1" }, "msg"],
    ["##vso[area.event k1=;k2=;]", {}, ""],
    ["##vso[area.event k1=%3B=%0D=%0A=%5D%AZP25;]%3B-%0D-%0A-%5D%AZP253B", { k1: ";=\r=\n=]%" }, ";-\r-\n-]%3B"],
  ])("%s is parsed", (line, properties, data) => {
    const command = parseCommand(line);
    expect(command).toMatchObject({ area: "area", event: "event", data });
    expect(Object.fromEntries(command?.properties ?? [])).toEqual(properties);
  });

  test.each([
    ["plain text", "plain text"],
    ["not closed", "##vso[task.complete result=Failed;"],
    ["no event", "##vso[task]"],
    ["three names", "##vso[task.complete.now]"],
    ["upper case", "##VSO[task.complete result=Failed;]"],
  ])("a line without a command is not parsed: %s", (_why, line) => expect(parseCommand(line)).toBeUndefined());

  test("the first ] ends the head, and the first = ends a property's name", () => {
    expect(parseCommand("##vso[a.b k=1=2;K2=x]y]z")).toEqual({
      area: "a",
      event: "b",
      properties: new Map([
        ["k", "1=2"],
        ["k2", "x"],
      ]),
      data: "y]z",
    });
  });

  test("only upper-case escapes are decoded, and only once", () => {
    expect(unescapeCommand("%0a%5d%3b %AZP250A")).toBe("%0a%5d%3b %0A");
    expect(unescapeCommand(escapeCommand("%0A];\r\n%AZP25"))).toBe("%0A];\r\n%AZP25");
  });
});
