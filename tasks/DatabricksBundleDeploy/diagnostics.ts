import path from "node:path";
import type { Diagnostic } from "../common/databricks/diagnostics.ts";
import { logIssue, print, type SourcePlace } from "../common/pipeline/commands.ts";

/** Turns the CLI's diagnostics into issues of the step. */
export interface DiagnosticReporter {
  /** Shows a diagnostic where it stands in the output; one that was shown already, by an earlier command, is dropped. */
  readonly report: (diagnostic: Diagnostic) => void;
}

/**
 * Errors without a place are printed as they are: the step's own error repeats or explains them, and shows once on the
 * run page.
 */
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
  };
}

function issueText({ summary, paths }: Diagnostic): string {
  const where = paths.filter((one) => one !== "");
  return where.length > 0 ? `${summary} (at ${where.join(", ")})` : summary;
}

/** The agent makes a path below the sources relative to its repository by itself. */
function sourcePlace(bundleFolder: string, { location }: Diagnostic): SourcePlace | undefined {
  return location && { ...location, file: path.resolve(bundleFolder, location.file) };
}
