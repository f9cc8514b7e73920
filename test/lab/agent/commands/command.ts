import type { StepContext } from "../step/context.ts";

/** A logging command: `##vso[area.event key=value;]data`. Property names are lower-cased. */
export interface LoggingCommand {
  readonly area: string;
  readonly event: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly data: string;
}

/** What a command does. Throwing makes the agent report the command and fail the step. */
export type CommandEffect = (step: StepContext, command: LoggingCommand) => void;

const prefix = "##vso[";

/** Decodes a property or data; `%AZP25` last, so that what it yields is not decoded again. */
export function unescapeCommand(text: string): string {
  return text
    .replaceAll("%3B", ";")
    .replaceAll("%0D", "\r")
    .replaceAll("%0A", "\n")
    .replaceAll("%5D", "]")
    .replaceAll("%AZP25", "%");
}

/** Encodes all that has a meaning inside a command's brackets. */
export function escapeCommand(text: string): string {
  return text
    .replaceAll("%", "%AZP25")
    .replaceAll("]", "%5D")
    .replaceAll("\n", "%0A")
    .replaceAll("\r", "%0D")
    .replaceAll(";", "%3B");
}

/** Finds the first logging command anywhere in a line; undefined when there is none (agent: Command.cs). */
export function parseCommand(line: string): LoggingCommand | undefined {
  const start = line.indexOf(prefix);
  if (start < 0) return undefined;
  const end = line.indexOf("]", start);
  if (end < 0) return undefined;
  const head = line.slice(start + prefix.length, end);
  const space = head.indexOf(" ");
  const name = space < 0 ? head : head.slice(0, space);
  const [area, event, ...rest] = name.split(".").filter((part) => part !== "");
  if (area === undefined || event === undefined || rest.length > 0) return undefined;
  const properties = parseProperties(space < 0 ? "" : head.slice(space + 1));
  return { area, event, properties, data: unescapeCommand(line.slice(end + 1)) };
}

function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const pair of text.split(";")) {
    const [, key, value] = /^=*([^=]+)=+([^=].*)$/s.exec(pair) ?? [];
    if (key !== undefined && value !== undefined) properties.set(key.toLowerCase(), unescapeCommand(value));
  }
  return properties;
}
