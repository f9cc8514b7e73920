import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { type SetupStep, setupSteps } from "../lab/lab.ts";

/** What is wrong with a command line, or with a file that it names. */
export class UsageError extends Error {}

/** A pipeline to run. Paths are absolute. */
export interface OwnPipeline {
  readonly pipeline: string;
  /** The repository that the job checks out. */
  readonly folder: string;
}

/** What a command line asks for. */
export interface DemoArguments {
  readonly help: boolean;
  /** Undefined: the example of this repository. */
  readonly own: OwnPipeline | undefined;
  /** Set-up steps to leave out of every service connection. */
  readonly missing: readonly SetupStep[];
}

export const usage = `Usage: npm run demo [-- options]

Runs a pipeline in the lab, a local Azure, with the packaged tasks and the real Databricks CLI.
Without options it runs the example of this repository.

  --pipeline <file>   Pipeline (YAML) to run. Its DatabricksCliInstaller@1 and DatabricksBundleDeploy@1 steps run.
  --folder <folder>   Repository that the job checks out. It must be given with --pipeline.
  --missing <steps>   Set-up steps to leave out, to see the error. Repeat it, or separate steps with commas:
                      ${setupSteps.join(", ")}
  --help              Prints this text.

Exit codes: 0 all steps succeeded, 1 a step failed, 2 the command line or the pipeline cannot be used.`;

/** Reads a command line. Relative paths start at `directory`. Throws UsageError. */
export function readArguments(args: readonly string[], directory: string): DemoArguments {
  const { pipeline, folder, missing = [], help = false } = parse(args);
  if (help) return { help, own: undefined, missing: [] };
  const own = ownPipeline(single("--pipeline", pipeline), single("--folder", folder), directory);
  return { help, own, missing: [...new Set(missing.flatMap(readMissing))] };
}

function parse(args: readonly string[]) {
  const option = { type: "string", multiple: true } as const;
  const options = { pipeline: option, folder: option, missing: option, help: { type: "boolean" } } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const [problem] = String(error instanceof Error ? error.message : error).split(/\.\s/);
    throw new UsageError(`${problem}. Allowed are --pipeline, --folder, --missing and --help.`);
  }
}

function single(name: string, values: readonly string[] | undefined): string | undefined {
  if (values && values.length > 1) throw new UsageError(`${name} can be given only once.`);
  return values?.[0];
}

function ownPipeline(pipeline: string | undefined, folder: string | undefined, directory: string) {
  if (pipeline === undefined && folder === undefined) return undefined;
  if (pipeline === undefined) throw new UsageError("--folder needs --pipeline, the pipeline file to run.");
  if (folder === undefined) throw new UsageError("--pipeline needs --folder, the repository that the job checks out.");
  const own = { pipeline: path.resolve(directory, pipeline), folder: path.resolve(directory, folder) };
  if (!fs.statSync(own.pipeline, { throwIfNoEntry: false })?.isFile()) {
    throw new UsageError(`--pipeline: the file ${own.pipeline} does not exist.`);
  }
  if (!fs.statSync(own.folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--folder: the folder ${own.folder} does not exist.`);
  }
  return own;
}

function readMissing(value: string): SetupStep[] {
  return value.split(",").map((part) => {
    const step = setupSteps.find((known) => known === part.trim());
    if (step !== undefined) return step;
    throw new UsageError(`--missing: '${part.trim()}' is not a set-up step. Allowed are ${setupSteps.join(", ")}.`);
  });
}
