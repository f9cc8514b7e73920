import path from "node:path";
import type { Diagnostic } from "../../common/databricks/cli/diagnostics.ts";
import { logIssue, print, type SourcePlace } from "../../common/pipeline/commands.ts";

/** Turns the CLI's diagnostics into issues of the step. */
export interface DiagnosticReporter {
  /**
   * Shows a diagnostic at its place in the output, unless an earlier command has already shown it. An error without a place
   * is only printed, because the step's own error may repeat or explain it.
   */
  readonly report: (diagnostic: Diagnostic) => void;
  /** Shows an error without a place on the run page, because the step's own error does not contain it. */
  readonly reportUnplaced: (error: Diagnostic) => void;
}

export function diagnosticReporter(bundleFolder: string): DiagnosticReporter {
  const shown = new Set<string>();
  return {
    report(diagnostic) {
      const place = sourcePlace(bundleFolder, diagnostic);
      const text = diagnostic.lines.join("\n");
      if (shown.has(text)) return;
      shown.add(text);
      if (diagnostic.severity === "error" && place === undefined) for (const line of diagnostic.lines) print(line);
      else logIssue(diagnostic.severity, issueText(diagnostic), place);
    },
    reportUnplaced: (error) => logIssue("error", issueText(error)),
  };
}

/** What a diagnostic says, of what in the bundle's configuration, and where else the cause may be. */
export function issueText({ summary, detail, paths, locations }: Omit<Diagnostic, "severity" | "lines">): string {
  const others = locations.slice(1).map(({ file, line, column }) => `${file}:${line}:${column}`);
  const places = [
    ...(paths.length > 0 ? [`at ${paths.join(", ")}`] : []),
    ...(others.length > 0 ? [`also in ${others.join(", ")}`] : []),
  ];
  const head = places.length > 0 ? `${summary} (${places.join("; ")})` : summary;
  return detail === "" ? head : `${head}\n${detail}`;
}

/** The agent makes a path below the sources relative to its repository by itself. */
function sourcePlace(bundleFolder: string, { locations: [first] }: Diagnostic): SourcePlace | undefined {
  return first && { ...first, file: path.resolve(bundleFolder, first.file) };
}
