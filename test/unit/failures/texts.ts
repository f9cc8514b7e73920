import { catalogue, type FailureId } from "../../../tasks/common/failures/catalogue.ts";
import { type KnownFailure, messageOf } from "../../../tasks/common/failures/failure.ts";

/** What the error for a known failure looks like, whatever its facts are; what is masked in a log matches as well. */
export function errorPattern(id: FailureId): RegExp {
  const failure: KnownFailure = catalogue[id];
  return new RegExp(`${pattern(messageOf(failure))}\\s+${pattern(failure.action)}`);
}

function pattern(text: string): string {
  return text
    .split(/\{\w+\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[\\s\\S]*?");
}
