import fs from "node:fs";
import { parsedMembers, textOf } from "../../pipeline/json.ts";
import { preciseTime } from "../../pipeline/time.ts";

/** A line of the log that the CLI writes about itself, which is not a part of its output (databricks/cli, cmd/root/logger.go). */
export interface LogRecord {
  /** Milliseconds since the epoch, with fractions, by the clock of this machine. */
  readonly at: number;
  /** DEBUG, INFO, WARNING or ERROR (databricks/cli, libs/log/levels.go). */
  readonly level: string;
  readonly message: string;
}

/** Flags with which the CLI writes its log to a file instead of stderr. Of this level, it contains no bodies of requests. */
export function logFlags(file: string): string[] {
  return ["--log-file", file, "--log-level", "info", "--log-format", "json"];
}

/** Whether arguments set the log themselves: then it stays where they want it. */
export function setLog(given: readonly string[]): boolean {
  return given.some((argument) => /^--(debug|log-file|log-level|log-format)(=|$)/.test(argument));
}

export interface FollowedLog {
  /** Reads what has been written since. */
  read(): void;
  /** Reads the rest, and stops following. */
  end(): void;
}

const pollMs = 100;

/** Reads a log while the CLI writes it, and passes on each record within a tenth of a second. */
export function followLog(file: string, onRecord: (record: LogRecord) => void): FollowedLog {
  let position = 0;
  const read = () => {
    const added = readFrom(file, position);
    position += added.length;
    for (const line of added.toString("utf8").split("\n")) {
      const record = parseRecord(line);
      if (record) onRecord(record);
    }
  };
  const timer = setInterval(read, pollMs);
  return {
    read,
    end() {
      clearInterval(timer);
      read();
    },
  };
}

/** The bytes from a position up to the last line end, so that no line is cut in two; none where there is no file yet. */
function readFrom(file: string, position: number): Buffer {
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= position) return Buffer.alloc(0);
  const added = Buffer.alloc(size - position);
  const handle = fs.openSync(file, "r");
  try {
    fs.readSync(handle, added, 0, added.length, position);
  } finally {
    fs.closeSync(handle);
  }
  return added.subarray(0, added.lastIndexOf("\n") + 1);
}

function parseRecord(line: string): LogRecord | undefined {
  const { time, level, msg } = parsedMembers(line);
  const at = preciseTime(textOf(time) ?? "");
  return at === undefined ? undefined : { at, level: textOf(level) ?? "", message: textOf(msg) ?? "" };
}
