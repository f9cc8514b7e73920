import { cliOutput } from "../../../../tasks/common/databricks/cli/output.ts";
import { explainFailure } from "../../../../tasks/DatabricksBundleDeploy/commands/explain-failure.ts";

export type FailedStep = Parameters<typeof explainFailure>[0];

/** The parts of a step that explanations use. */
export const step = {
  inputs: {
    command: "deploy",
    host: "https://adb-1.7.azuredatabricks.net",
    forceLock: false,
    arguments: ["--select=a"],
  },
  metadataService: { servedHosts: new Set<string>(), refusedHosts: new Set<string>(), lastFailure: () => undefined },
  cliVersion: { seen: () => "1.13.0" },
  declared: { host: "https://dead.example" },
} as unknown as FailedStep;

/** Explains what the CLI printed. */
export function explanationOf(text: string, silent = false, changed: Partial<FailedStep> = {}) {
  const output = cliOutput({ onLine: () => undefined, onDiagnostic: () => undefined });
  for (const line of text.split("\n")) output.line(line, "stderr");
  output.end();
  const { facts } = output;
  return { ...explainFailure({ ...step, ...changed }, "deploy", { exitCode: 1, facts, silent }), facts };
}
