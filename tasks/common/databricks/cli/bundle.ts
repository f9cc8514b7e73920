import path from "node:path";
import { type CliResult, type OutputStream, runCli, type Stop } from "./run.ts";

/** A bundle on disk and everything that the CLI needs to work on it. */
export interface Bundle {
  readonly executable: string;
  /** The folder of databricks.yml. */
  readonly folder: string;
  /** undefined: the bundle's default target. */
  readonly target: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

export interface BundleRun {
  /** Arguments and flags of the command itself. */
  readonly arguments?: readonly string[];
  readonly onLine: (line: string, stream: OutputStream) => void;
  readonly stops: readonly Stop[];
  /** Asks for JSON and gives it as the result's stdout. */
  readonly json?: boolean;
}

/** Runs `databricks bundle <command>` in the bundle's folder. */
export function runBundleCommand(bundle: Bundle, command: string, run: BundleRun): Promise<CliResult> {
  const target = bundle.target === undefined ? [] : ["--target", bundle.target];
  const output = run.json ? ["--output", "json"] : [];
  return runCli({
    executable: bundle.executable,
    arguments: ["bundle", command, ...target, ...output, ...(run.arguments ?? [])],
    workingDirectory: bundle.folder,
    environment: bundle.environment,
    onLine: run.onLine,
    captureStdout: run.json === true,
    stops: run.stops,
  });
}

/** Where the CLI keeps its state of each target on this machine: one folder a target (CLI: bundle.GetLocalStateDir). */
export function localStateFolder(bundle: Bundle): string {
  return bundle.environment["DATABRICKS_BUNDLE_TMP"] || path.join(bundle.folder, ".databricks", "bundle");
}
