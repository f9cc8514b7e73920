/** An `Error:` or `Warning:` block of the CLI (databricks/cli, libs/cmdio/render.go). */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  /** Paths in the bundle's configuration, e.g. resources.jobs.nightly. */
  readonly paths: readonly string[];
  /** The file is relative to the bundle's folder. */
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | undefined;
  /** The block as it was printed. */
  readonly lines: readonly string[];
}

export interface DiagnosticHandlers {
  readonly onDiagnostic: (diagnostic: Diagnostic) => void;
  /** Every line that belongs to no block. */
  readonly onLine: (line: string) => void;
}

/** More lines than this are no diagnostic of the CLI but a program that prints "Error: ". */
const longestBlock = 40;

/** Takes blocks out of the CLI's stderr, line by line; nothing is held back but a block, until its end. */
export function diagnosticReader({ onDiagnostic, onLine }: DiagnosticHandlers): {
  line(line: string): void;
  end(): void;
} {
  let block: string[] = [];
  const end = () => {
    if (block.length > 0) onDiagnostic(parseDiagnostic(block));
    block = [];
  };
  return {
    line(line) {
      if (/^(Error|Warning): /.test(line)) {
        end();
        block = [line];
      } else if (block.length > 0 && line.trim() === "") {
        end();
      } else if (block.length === 0 || block.length === longestBlock) {
        end();
        onLine(line);
      } else block.push(line);
    },
    end,
  };
}

function parseDiagnostic(lines: readonly string[]): Diagnostic {
  const [first = "", ...rest] = lines;
  const [, kind, start = ""] = /^(Error|Warning): (.*)$/.exec(first) ?? [];
  const summary = [start];
  const places: Record<"at" | "in", string[]> = { at: [], in: [] };
  let open: string[] = summary;
  for (const line of rest) {
    const [, list, place] = /^ {2}(at|in) (.*)$/.exec(line) ?? [];
    const further = /^ {5}(\S.*)$/.exec(line)?.[1];
    if (list === "at" || list === "in") {
      open = places[list];
      open.push(place ?? "");
    } else if (open !== summary && further !== undefined) open.push(further);
    else summary.push(line);
  }
  return {
    severity: kind === "Warning" ? "warning" : "error",
    summary: summary.join("\n").trim(),
    paths: places.at,
    location: parseLocation(places.in[0]),
    lines,
  };
}

function parseLocation(text: string | undefined): Diagnostic["location"] {
  const [, file, line, column] = /^(.+):(\d+):(\d+)$/.exec(text ?? "") ?? [];
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) };
}

/** Errors without a place in a file, each once: the CLI prints some a second time, with words before them. */
export function unplacedErrors(errors: readonly Diagnostic[]): Diagnostic[] {
  const unplaced = errors.filter(({ location }) => location === undefined);
  return unplaced.filter(
    ({ summary }, index) =>
      !unplaced.some(
        (other, at) => other.summary.endsWith(`: ${summary}`) || (other.summary === summary && at < index),
      ),
  );
}
