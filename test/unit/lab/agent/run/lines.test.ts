import { describe, expect, test } from "vitest";
import { LinePump, LineSplitter } from "../../../../lab/agent/run/lines.ts";

describe("lines", () => {
  const split = (...chunks: (string | Buffer)[]) => {
    const splitter = new LineSplitter();
    const lines = chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk)));
    return [...lines, ...splitter.end()];
  };

  test("lines end at LF, CR LF and a lone CR", () => expect(split("a\nb\r\nc\rd")).toEqual(["a", "b", "c", "d"]));
  test("CR LF may arrive in two chunks", () => expect(split("a\r", "\nb\r", "c")).toEqual(["a", "b", "c"]));
  test("an empty line counts, an empty rest does not", () => expect(split("\n\r\ra\r")).toEqual(["", "", "", "a"]));
  test("a character may arrive in two chunks", () => {
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
