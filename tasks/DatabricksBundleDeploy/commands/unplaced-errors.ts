import type { Diagnostic } from "../../common/databricks/cli/diagnostics.ts";
import type { UserError } from "../../common/pipeline/errors.ts";
import { explainedErrors } from "./deployment-failure.ts";

/** Errors that are no issue of a file's line, each once: the CLI prints some a second time, with words before them. */
export function unplacedErrors(errors: readonly Diagnostic[]): Diagnostic[] {
  const unplaced = errors.filter(({ location }) => location === undefined);
  return unplaced.filter(
    ({ summary }, index) =>
      !unplaced.some(
        (other, at) => other.summary.endsWith(`: ${summary}`) || (other.summary === summary && at < index),
      ),
  );
}

/** Errors without a place of which the step's own error says nothing; a failure to sign in and the like explains them all. */
export function unexplainedErrors(errors: readonly Diagnostic[], { section }: UserError): Diagnostic[] {
  const unplaced = unplacedErrors(errors);
  if (section === "deploy-failed" || section === "permissions") return unplaced.slice(1);
  const pattern = Object.entries(explainedErrors).find(([name]) => name === section)?.[1];
  return pattern === undefined ? [] : unplaced.filter(({ summary }) => !pattern.test(summary));
}
