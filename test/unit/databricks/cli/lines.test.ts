import { describe, expect, it } from "vitest";
import { lineSplitter } from "../../../../tasks/common/databricks/cli/lines.ts";

function linesOf(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = lineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.write(Buffer.from(chunk));
  splitter.end();
  return lines;
}

describe("Splitting output into lines", () => {
  it("splits at LF, CR LF and lone CR, as the agent does", () => {
    expect(linesOf("a\nb\r\nc\rd\n\ne")).toEqual(["a", "b", "c", "d", "", "e"]);
  });

  it("sees a line end, a character and a command that chunks cut in two", () => {
    const accented = Buffer.from("é\n");
    expect(linesOf("a\r", "\nb")).toEqual(["a", "b"]);
    expect(linesOf("a\r", "b\r")).toEqual(["a", "b"]);
    expect(linesOf(accented.subarray(0, 1), accented.subarray(1))).toEqual(["é"]);
    expect(linesOf("##v", "so[task.complete]", "\n")).toEqual(["##vso[task.complete]"]);
  });

  it("hands on what has no line end, in pieces when it is long", () => {
    expect(linesOf("no end")).toEqual(["no end"]);
    const long = "x".repeat(70_000);
    const pieces = linesOf(long, long, "\nnext");
    expect(pieces.join("")).toBe(`${long}${long}next`);
    expect(pieces.length).toBeGreaterThan(2);
  });
});
