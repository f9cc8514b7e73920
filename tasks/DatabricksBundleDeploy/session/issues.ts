import path from "node:path";
import type { Diagnostic } from "../../common/databricks/cli/diagnostics.ts";
import { logIssue, print, type SourcePlace } from "../../common/pipeline/commands.ts";

/** Turns the CLI's diagnostics into issues of the step. */
export interface DiagnosticReporter {
  /**
   * Shows a diagnostic where it stands in the output; one that was shown already, by an earlier command, is dropped. An
   * error without a place is printed as it is: the step's own error may repeat or explain it.
   */
  readonly report: (diagnostic: Diagnostic) => void;
  /** Shows an error without a place on the run page: the step's own error says nothing of it. */
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

/** What a diagnostic says, and of what in the bundle's configuration. */
export function issueText({ summary, paths }: Pick<Diagnostic, "summary" | "paths">): string {
  const where = paths.filter((one) => one !== "");
  return where.length > 0 ? `${summary} (at ${where.join(", ")})` : summary;
}

/** The agent makes a path below the sources relative to its repository by itself. */
function sourcePlace(bundleFolder: string, { location }: Diagnostic): SourcePlace | undefined {
  return location && { ...location, file: path.resolve(bundleFolder, location.file) };
}
