import type { Difference, DifferenceKind } from "../../test/e2e/corpus/compare.ts";

/** A difference on purpose: its reason, and how it is recognized. All patterns that are set must match. */
export interface KnownDifference {
  readonly kinds: readonly DifferenceKind[];
  /** Found in the detail. */
  readonly detail?: RegExp;
  /** Found in the error with which the task's step ended. */
  readonly answer?: RegExp;
  readonly reason: string;
}

/** What the CLI has printed about something that the task refuses before it starts the CLI. */
const unprinted = ["diagnostic missing", "line missing"] as const;

const knownDifferences: readonly KnownDifference[] = [
  {
    kinds: unprinted,
    answer: /^The bundle's workspace\.(host|workspace_id) is .*, but it cannot contain a variable\./,
    reason: "The task refuses a variable in workspace.host before the CLI runs, and names the input to use instead",
  },
  {
    kinds: unprinted,
    answer: /^The bundle sets its own authentication/,
    reason: "The task refuses a bundle that signs in by itself before the CLI runs",
  },
];

/** What explains a difference; undefined if nothing does. */
export function explanationOf({ kind, detail, answer = "" }: Difference): KnownDifference | undefined {
  return knownDifferences.find(
    (known) =>
      known.kinds.includes(kind) && (known.detail?.test(detail) ?? true) && (known.answer?.test(answer) ?? true),
  );
}
