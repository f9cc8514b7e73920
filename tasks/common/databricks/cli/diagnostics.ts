/** An `Error:` or `Warning:` block of the CLI (databricks/cli, libs/cmdio/render.go). */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  /** What the CLI adds below the places; "" where it adds nothing. */
  readonly detail: string;
  /** Paths in the bundle's configuration, e.g. resources.jobs.nightly. */
  readonly paths: readonly string[];
  /** The first is where the cause most likely is. */
  readonly locations: readonly Location[];
  /** The block as it was printed, without its empty lines. */
  readonly lines: readonly string[];
}

export interface Location {
  /** Relative to the bundle's folder. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface DiagnosticHandlers {
  readonly onDiagnostic: (diagnostic: Diagnostic) => void;
  /** Receives every line outside the blocks. */
  readonly onLine: (line: string) => void;
  /** Receives the lines of the help that the CLI prints after an error in its command line. */
  readonly onUsage: (line: string) => void;
}

/** More lines than this are not a diagnostic of the CLI but a program that prints "Error: ". */
const longestBlock = 40;
const largestBlock = 64 * 1024;

/**
 * How a line begins that cannot be the detail of a diagnostic, because the CLI reports its progress with it. A detail
 * follows the places after one empty line, without an indent.
 */
const progress =
  /^(Building |Executing '|Uploading |Deploying |Updating |Deployment |Created |Updated |Resized |Deleted |Recreated |Files: |Resources: |Destroy|Run URL: |Update URL: |The following |All files |No active |This action |Found \d|Validation OK|Name: |Warn: |Info: |Debug: |Recommendation: |\d{4}-\d\d-\d\d )/;

/** Errors after which the CLI prints the help of the command (spf13/cobra: command.go, args.go; spf13/pflag: errors.go). */
const wrongCommandLine =
  /^Error: (unknown (shorthand )?flag|unknown command|flag needs an argument|invalid argument|bad flag syntax|accepts |requires )/;

/** Separates blocks from the other lines of the CLI's stderr; only the lines of a block are held back, until its end. */
export function diagnosticReader({ onDiagnostic, onLine, onUsage }: DiagnosticHandlers): {
  line(line: string): void;
  end(): void;
} {
  let head: string[] = [];
  let detail: string[] = [];
  let part: "head" | "gap" | "detail" | undefined;
  let size = 0;
  let isUsage = false;
  const isFull = (line: string) => head.length + detail.length === longestBlock || size + line.length > largestBlock;
  const end = () => {
    if (part !== undefined) onDiagnostic(parseDiagnostic(head, detail));
    head = [];
    detail = [];
    part = undefined;
    size = 0;
  };
  return {
    line(line) {
      if (/^(Error|Warning): /.test(line)) {
        isUsage = false;
        end();
        head = [line];
        part = "head";
        size = line.length;
      } else if (isUsage || (part === "gap" && line === "Usage:" && wrongCommandLine.test(head[0] ?? ""))) {
        if (!isUsage) end();
        // A script or build can print a command's help too. Then the CLI goes on.
        isUsage = !progress.test(line);
        if (isUsage) onUsage(line);
        else onLine(line);
      } else if (part !== undefined && line.trim() === "") {
        if (part === "head") part = "gap";
        else end();
      } else if (part === "gap" && !progress.test(line)) {
        detail = [line];
        part = "detail";
        size += line.length;
      } else if (part === undefined || (part !== "head" && progress.test(line)) || isFull(line)) {
        end();
        onLine(line);
      } else {
        (part === "head" ? head : detail).push(line);
        size += line.length;
      }
    },
    end,
  };
}

function parseDiagnostic([first = "", ...rest]: readonly string[], detail: readonly string[]): Diagnostic {
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
    detail: detail.join("\n").trim(),
    paths: places.at.filter((path) => path !== ""),
    locations: places.in.flatMap((place) => parseLocation(place) ?? []),
    lines: [first, ...rest, ...detail],
  };
}

function parseLocation(text: string): Location | undefined {
  const [, file, line, column] = /^(.+):(\d+):(\d+)$/.exec(text) ?? [];
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) };
}

/** Errors without a place in a file, each once: the CLI repeats some of them after a prefix. */
export function unplacedErrors(errors: readonly Diagnostic[]): Diagnostic[] {
  const unplaced = errors.filter(({ locations }) => locations.length === 0);
  return unplaced.filter(
    ({ summary }, index) =>
      !unplaced.some(
        (other, at) => other.summary.endsWith(`: ${summary}`) || (other.summary === summary && at < index),
      ),
  );
}
