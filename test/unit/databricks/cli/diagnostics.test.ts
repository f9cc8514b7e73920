import { describe, expect, it } from "vitest";
import { type Diagnostic, diagnosticReader } from "../../../../tasks/common/databricks/cli/diagnostics.ts";

describe("Diagnostics", () => {
  function read(text: string) {
    const diagnostics: Partial<Diagnostic>[] = [];
    const lines: string[] = [];
    const usage: string[] = [];
    const reader = diagnosticReader({
      onDiagnostic: ({ lines: _, ...rest }) => diagnostics.push(rest),
      onLine: (line) => lines.push(line),
      onUsage: (line) => usage.push(line),
    });
    for (const line of text.split("\n")) reader.line(line);
    reader.end();
    return { diagnostics, lines, usage };
  }

  it("separates diagnostics from the lines around them", () => {
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
more of it
Deploying resources...`;
    expect(read(text)).toMatchObject({
      diagnostics: [
        {
          severity: "warning",
          summary: "unknown field: nam",
          detail: "",
          paths: ["resources.jobs.nightly"],
          locations: [{ file: "resources/jobs.yml", line: 4, column: 7 }],
        },
        {
          severity: "error",
          summary: "two of them",
          detail: "detail of it\nmore of it",
          paths: ["resources.jobs.a", "resources.jobs.b"],
          locations: [
            { file: "../shared/a b.yml", line: 1, column: 2 },
            { file: "other.yml", line: 3, column: 4 },
          ],
        },
      ],
      lines: ["Uploading", "Deploying resources..."],
    });
  });

  it("reads a diagnostic without a place, with several lines, that ends with the output", () => {
    const { diagnostics, lines } = read("Error: first line\nsecond line\nWarn: part of it");
    expect(diagnostics).toEqual([
      {
        severity: "error",
        summary: "first line\nsecond line\nWarn: part of it",
        detail: "",
        paths: [],
        locations: [],
      },
    ]);
    expect(lines).toEqual([]);
  });

  it.each(["Deploying resources...", "Executing 'predeploy' script", "Created jobs.a", "Warn: slow"])(
    "reads no detail where the next line is progress: %s",
    (line) => {
      const { diagnostics, lines } = read(`Warning: odd\n\n${line}\nmore`);
      expect(diagnostics).toMatchObject([{ summary: "odd", detail: "" }]);
      expect(lines).toEqual([line, "more"]);
    },
  );

  it("reads a detail that ends at an empty line", () => {
    const { diagnostics, lines } = read("Error: failed\n\nTraceback:\n  x\n\n\nafter");
    expect(diagnostics).toMatchObject([{ summary: "failed", detail: "Traceback:\n  x" }]);
    expect(lines).toEqual(["", "after"]);
  });

  const help = "Usage:\n  databricks bundle deploy [flags]\n\nFlags:\n  -h, --help   help for deploy\n\n";

  it("keeps the help that follows a wrong command line apart", () => {
    const { diagnostics, lines, usage } = read(`Error: unknown flag: --nonsense\n\n${help}Error: other`);
    expect(diagnostics).toMatchObject([{ summary: "unknown flag: --nonsense", detail: "" }, { summary: "other" }]);
    expect(lines).toEqual([]);
    expect(usage[0]).toBe("Usage:");
  });

  it("shows what the CLI does after the help of a program that it has started", () => {
    const { lines, usage } = read(`Error: unknown flag: --nonsense\n\n${help}Uploading bundle files to /x...\nDone`);
    expect(usage.at(0)).toBe("Usage:");
    expect(lines).toEqual(["Uploading bundle files to /x...", "Done"]);
  });

  it("shows the help of another program after its error", () => {
    expect(read(`Error: no such file\n\n${help}`)).toMatchObject({
      usage: [],
      lines: expect.arrayContaining(["Flags:"]),
    });
  });

  it("does not hold back the output of a program after a line with the word Error", () => {
    const { lines } = read(`Error: x\n${Array.from({ length: 100 }, (_, index) => `line ${index}`).join("\n")}`);
    expect(lines).toHaveLength(61);
  });
});
