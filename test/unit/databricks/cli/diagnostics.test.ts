import { describe, expect, it } from "vitest";
import { type Diagnostic, diagnosticReader } from "../../../../tasks/common/databricks/cli/diagnostics.ts";

describe("Diagnostics", () => {
  function read(text: string): { diagnostics: Partial<Diagnostic>[]; lines: string[] } {
    const diagnostics: Partial<Diagnostic>[] = [];
    const lines: string[] = [];
    const reader = diagnosticReader({
      onDiagnostic: ({ lines: _, ...rest }) => diagnostics.push(rest),
      onLine: (line) => lines.push(line),
    });
    for (const line of text.split("\n")) reader.line(line);
    reader.end();
    return { diagnostics, lines };
  }

  it("are taken out of the lines around them", () => {
    const text = `Uploading
Warning: unknown field: nam
  at resources.jobs.nightly
  in resources/jobs.yml:4:7

Error: two of them
  at resources.jobs.a
     resources.jobs.b
  in ../shared/a b.yml:1:2
     other.yml:3:4

  detail of it
Deploying resources...`;
    expect(read(text)).toEqual({
      diagnostics: [
        {
          severity: "warning",
          summary: "unknown field: nam",
          paths: ["resources.jobs.nightly"],
          location: { file: "resources/jobs.yml", line: 4, column: 7 },
        },
        {
          severity: "error",
          summary: "two of them",
          paths: ["resources.jobs.a", "resources.jobs.b"],
          location: { file: "../shared/a b.yml", line: 1, column: 2 },
        },
      ],
      lines: ["Uploading", "  detail of it", "Deploying resources..."],
    });
  });

  it("may have no place, several lines, and no end but that of the output", () => {
    const { diagnostics, lines } = read("Error: first line\nsecond line\nWarn: part of it");
    expect(diagnostics).toEqual([
      { severity: "error", summary: "first line\nsecond line\nWarn: part of it", paths: [], location: undefined },
    ]);
    expect(lines).toEqual([]);
  });

  it("do not hold back a program that goes on after the word Error", () => {
    const { lines } = read(`Error: x\n${Array.from({ length: 100 }, (_, index) => `line ${index}`).join("\n")}`);
    expect(lines).toHaveLength(61);
  });
});
