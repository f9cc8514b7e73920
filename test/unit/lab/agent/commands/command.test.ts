import { describe, expect, test } from "vitest";
import { escapeCommand, parseCommand, unescapeCommand } from "../../../../lab/agent/commands/command.ts";
import { LinePump, LineSplitter } from "../../../../lab/agent/run/lines.ts";

describe("parsing of logging commands", () => {
  // The vectors of the agent's own LoggingCommandL0.cs, with %AZP25 for what that test still calls %VSTS.
  test.each([
    ["##vso[area.event k1=v1;]msg", { k1: "v1" }, "msg"],
    ["##vso[area.event]", {}, ""],
    [">>>   ##vso[area.event k1=v1;]msg", { k1: "v1" }, "msg"],
    ["##vso[area.event k1=;k2=;]", {}, ""],
    ["##vso[area.event k1=%3B=%0D=%0A=%5D%AZP25;]%3B-%0D-%0A-%5D%AZP253B", { k1: ";=\r=\n=]%" }, ";-\r-\n-]%3B"],
  ])("%s", (line, properties, data) => {
    const command = parseCommand(line);
    expect(command).toMatchObject({ area: "area", event: "event", data });
    expect(Object.fromEntries(command?.properties ?? [])).toEqual(properties);
  });

  test.each([
    ["no command", "plain text"],
    ["not closed", "##vso[task.complete result=Failed;"],
    ["no event", "##vso[task]"],
    ["three names", "##vso[task.complete.now]"],
    ["upper case", "##VSO[task.complete result=Failed;]"],
  ])("finds none: %s", (_why, line) => expect(parseCommand(line)).toBeUndefined());

  test("the first ] ends the head, and the first = a property's name", () => {
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

  test("only upper-case escapes are decoded, and none twice", () => {
    expect(unescapeCommand("%0a%5d%3b %AZP250A")).toBe("%0a%5d%3b %0A");
    expect(unescapeCommand(escapeCommand("%0A];\r\n%AZP25"))).toBe("%0A];\r\n%AZP25");
  });
});

describe("lines", () => {
  const split = (...chunks: (string | Buffer)[]) => {
    const splitter = new LineSplitter();
    const lines = chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk)));
    return [...lines, ...splitter.end()];
  };

  test("end at LF, CR LF and a lone CR", () => expect(split("a\nb\r\nc\rd")).toEqual(["a", "b", "c", "d"]));
  test("CR LF may come in two chunks", () => expect(split("a\r", "\nb\r", "c")).toEqual(["a", "b", "c"]));
  test("empty lines count, an empty rest does not", () => expect(split("\n\r\ra\r")).toEqual(["", "", "", "a"]));
  test("a character may come in two chunks", () => {
    const euro = Buffer.from("€\n");
    expect(split(euro.subarray(0, 1), euro.subarray(1))).toEqual(["€"]);
  });

  test("a batch delivers stderr before stdout", async () => {
    const delivered: string[] = [];
    const pump = new LinePump((stream, line) => delivered.push(`${stream}:${line}`));
    pump.add("stdout", ["1", "2"]);
    pump.add("stderr", ["3"]);
    await new Promise(setImmediate);
    expect(delivered).toEqual(["stderr:3", "stdout:1", "stdout:2"]);
  });
});
