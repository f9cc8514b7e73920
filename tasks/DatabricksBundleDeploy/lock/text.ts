import type { DeploymentLock } from "../../common/databricks/workspace/lock.ts";
import type { PipelineJob } from "../../common/pipeline/pipeline-run.ts";

/** Who has a lock since when, e.g. `somebody@example.com since 2026-11-26T10:26:00.399Z (3 h 5 min ago)`. */
export function describeLock({ user, acquiredAt }: Pick<DeploymentLock, "user" | "acquiredAt">): string {
  const since = new Date(acquiredAt);
  return `${user || "an unknown user"} since ${since.toISOString()} (${ageOf(since, new Date())} ago)`;
}

/** e.g. 3 h 5 min */
export function ageOf(start: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - start.getTime()) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** e.g. The job "Deploy" of the pipeline run 4711 (nightly) */
export function describeJob({ pipeline, buildId, releaseId, job }: PipelineJob): string {
  const run = buildId === undefined ? `release ${releaseId}` : `pipeline run ${buildId}`;
  return `The job ${job || "without a name"} of the ${run}${pipeline === "" ? "" : ` (${pipeline})`}`;
}
