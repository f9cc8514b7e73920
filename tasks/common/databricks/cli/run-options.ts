/** What `databricks bundle run` runs: a resource of the bundle, or one of its scripts. */
export type RunKind = "job" | "pipeline" | "app" | "script";

interface RunOption {
  /** What it belongs to. */
  readonly kinds: readonly RunKind[];
  /** `list`: values that commas separate. `pairs`: the same with name=value. */
  readonly takes: "nothing" | "list" | "pairs";
}

const job = ["job"] as const;
const pipeline = ["pipeline"] as const;

/**
 * The options after the key (databricks/cli, bundle/run/job_options.go, bundle/run/pipeline_options.go, cmd/bundle/run.go). The
 * CLI ignores them for a script and for an app, and options of jobs for a pipeline.
 */
export const runOptions: ReadonlyMap<string, RunOption> = new Map<string, RunOption>([
  ["--params", { kinds: job, takes: "pairs" }],
  ["--only", { kinds: job, takes: "list" }],
  ["--dbt-commands", { kinds: job, takes: "list" }],
  ["--jar-params", { kinds: job, takes: "list" }],
  ["--notebook-params", { kinds: job, takes: "pairs" }],
  ["--pipeline-params", { kinds: job, takes: "pairs" }],
  ["--python-named-params", { kinds: job, takes: "pairs" }],
  ["--python-params", { kinds: job, takes: "list" }],
  ["--spark-submit-params", { kinds: job, takes: "list" }],
  ["--sql-params", { kinds: job, takes: "pairs" }],
  ["--refresh", { kinds: pipeline, takes: "list" }],
  ["--refresh-all", { kinds: pipeline, takes: "nothing" }],
  ["--full-refresh", { kinds: pipeline, takes: "list" }],
  ["--full-refresh-all", { kinds: pipeline, takes: "nothing" }],
  ["--validate-only", { kinds: pipeline, takes: "nothing" }],
  ["--restart", { kinds: ["job", "pipeline"], takes: "nothing" }],
]);

/** Starts a job or a pipeline and does not wait for its end. The CLI ignores it for apps and scripts. */
export const noWaitOption = "--no-wait";

export function optionsOf(kind: RunKind): string[] {
  return [...runOptions].flatMap(([name, { kinds }]) => (kinds.includes(kind) ? [name] : []));
}
