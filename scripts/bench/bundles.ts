import { type BundleFiles, bundleOf, job, manyFiles, manyTasks } from "../../test/e2e/bundles/bundles.ts";

/** A bundle with one job of one task. */
export const smallest: BundleFiles = bundleOf("smallest", job("only", "Only"));

/** 1,000 files, and a job with 100 tasks. */
export const largest: BundleFiles = { ...manyFiles(1000), ...manyTasks(100) };

/** Uploads without the CLI's usual limit of 15 requests a second, which would decide how long a large bundle takes. */
export const noRateLimit = { DATABRICKS_RATE_LIMIT: "1000" };
