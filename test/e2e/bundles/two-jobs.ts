import { type BundleFiles, bundleOf } from "./bundles.ts";

/** Two jobs, First and Second, of which the second is created after the first. */
export const twoJobs = (name: string): BundleFiles =>
  bundleOf(
    name,
    `jobs:
  first:
    name: First
    tasks:
      - task_key: step
        notebook_task:
          notebook_path: ./src/step.py
  second:
    name: Second
    tasks:
      - task_key: step
        run_job_task:
          job_id: \${resources.jobs.first.id}`,
  );
