import { describe, expect, it } from "vitest";
import { progressOf } from "../../../../tasks/DatabricksCliInstaller/archive/download.ts";

describe("The progress of a download", () => {
  /** What is printed when this many bytes arrive each second. */
  function printed(total: number | undefined, size: number, bytesPerSecond: number): string[] {
    const lines: string[] = [];
    let seconds = 0;
    const report = progressOf(
      total,
      (line) => lines.push(line.trim()),
      () => seconds * 1000,
    );
    for (let received = 0; received <= size; received += bytesPerSecond, seconds++) report(received);
    return lines;
  }

  it("prints the progress of a slow download at each quarter", () => {
    expect(printed(40_000_000, 40_000_000, 1_000_000)).toEqual([
      "10.0 MB of 40.0 MB",
      "20.0 MB of 40.0 MB",
      "30.0 MB of 40.0 MB",
    ]);
  });

  it("prints no progress of a fast download", () => {
    expect(printed(40_000_000, 40_000_000, 20_000_000)).toEqual([]);
  });

  it("prints the progress at each doubling when the size is unknown", () => {
    expect(printed(undefined, 100_000_000, 1_000_000)).toEqual(["17.0 MB so far", "34.0 MB so far", "68.0 MB so far"]);
  });
});
