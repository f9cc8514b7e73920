import { type TroubleshootingSection, UserError, type UserErrorDetails } from "../pipeline/errors.ts";

/**
 * A failure whose cause and fix are known. The error in the log and the row on docs/troubleshooting.md are made of the same
 * texts. In them, `{name}` stands for a fact, which the page shows as an ellipsis.
 */
export interface KnownFailure {
  readonly section: TroubleshootingSection;
  /** What a service or the CLI reports, for readers who search the page for it. */
  readonly seen: string;
  /** Finds it in what the service or the CLI reports. Named groups are facts. Without it, the code that notices it knows it. */
  readonly pattern?: RegExp;
  /** What failed, and against what. Without the period at the end. */
  readonly what: string;
  /** The likely cause, as the end of the same sentence; undefined if `what` contains it. */
  readonly cause?: string;
  /** What to do. */
  readonly action: string;
}

/** Known failures by their IDs. */
export type KnownFailures = Readonly<Record<string, KnownFailure>>;

export type Facts = Readonly<Record<string, string | undefined>>;

/** The error for a known failure. A fact that is not known is an ellipsis in it. */
export function knownError<Group extends KnownFailures>(
  group: Group,
  id: keyof Group & string,
  facts: Facts = {},
  more: Pick<UserErrorDetails, "answer" | "cause"> = {},
): UserError {
  return new UserError(...errorParts(group, id, facts, more));
}

/** What the constructor of that error takes, for classes of their own. */
export function errorParts<Group extends KnownFailures>(
  group: Group,
  id: keyof Group & string,
  facts: Facts = {},
  more: Pick<UserErrorDetails, "answer" | "cause"> = {},
): [message: string, details: UserErrorDetails] {
  const failure: KnownFailure | undefined = group[id];
  if (failure === undefined) throw new Error(`There is no known failure ${id}.`);
  const { section, action } = failure;
  // A fact at the end can be a sentence.
  const message = fillIn(messageOf(failure), facts).replace(/\.\.$/, ".");
  return [message, { hint: fillIn(action, facts), section, failure: id, ...more }];
}

/** The message of the error, with `{name}` for each fact. */
export function messageOf({ what, cause }: KnownFailure): string {
  return `${what}${cause === undefined ? "" : `: ${cause}`}.`;
}

/** A text with its facts; an ellipsis for each of them that is missing. */
export function fillIn(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => facts[name] ?? "…");
}
