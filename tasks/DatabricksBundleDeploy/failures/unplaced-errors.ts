import type { Diagnostic } from "../../common/databricks/diagnostics.ts";
import type { TroubleshootingSection, UserError } from "../../common/pipeline/errors.ts";

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

/** What these explain of the CLI's errors; a failure to sign in and the like explains them all. */
const explained: Partial<Record<TroubleshootingSection, RegExp>> = {
  "deploy-lock": /deploy lock/,
  "destructive-changes": /requires destructive actions/,
  "stale-state": /lineage mismatch/,
};

/** Errors without a place of which the step's own error says nothing. */
export function unexplainedErrors(errors: readonly Diagnostic[], { anchor }: UserError): Diagnostic[] {
  const unplaced = unplacedErrors(errors);
  if (anchor === "deploy-failed") return unplaced.slice(1);
  const pattern = explained[anchor];
  return pattern === undefined ? [] : unplaced.filter(({ summary }) => !pattern.test(summary));
}
