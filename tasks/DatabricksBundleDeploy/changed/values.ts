import fs from "node:fs";
import path from "node:path";
import {
  type NamedPath,
  type Places,
  pathsIn,
  separators,
  textOfFile,
} from "../../common/databricks/bundle/outside-paths.ts";
import { environmentName } from "../../common/pipeline/environment.ts";

/** What a variable of the bundle is set to. */
export interface Value {
  /** For people: where it comes from. */
  readonly source: string;
  readonly text: string;
}

/**
 * All values that the bundle's variables can have: from the input, the job, `env` of the step, and variable-overrides.json of all
 * targets. Only a parser of YAML can find out which of them the bundle uses.
 */
export function valuesOf(folder: string, given: Readonly<Record<string, string>>): Value[] {
  const ofInput = Object.entries(given).map(([name, text]) => ({ source: `the value of the variable ${name}`, text }));
  const ofJob = Object.entries(process.env).flatMap(([name, text = ""]) =>
    environmentName(name).startsWith("BUNDLE_VAR_") ? [{ source: `the variable ${name}`, text }] : [],
  );
  const ofFiles = overrides(folder).map((file) => ({ source: path.basename(file), text: textOfFile(file) }));
  return [...ofInput, ...ofJob, ...ofFiles];
}

function overrides(folder: string): string[] {
  const targets = path.join(folder, ".databricks", "bundle");
  if (!fs.existsSync(targets)) return [];
  return fs.readdirSync(targets).map((target) => path.join(targets, target, "variable-overrides.json"));
}

/** The text of a value is not shown, because it may be a part of a secret. */
export function pathsInValue({ source, text }: Value, places: Places): NamedPath[] {
  const onAgent = [text, ...text.split(separators)].filter(isOnAgent).map((one) => [fs.realpathSync(one)]);
  const named = [...pathsIn(text, source, places).map(({ beginnings }) => beginnings), ...onAgent];
  return named.map((beginnings) => ({ text: "a path", file: source, beginnings }));
}

/** Most absolute paths are those of the workspace or of a cluster. */
function isOnAgent(text: string): boolean {
  const isRoot = path.dirname(text) === text;
  return path.isAbsolute(text) && !isRoot && fs.existsSync(text);
}
