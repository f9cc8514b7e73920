import type { CliFacts } from "../../common/databricks/cli/output.ts";
import { warn } from "../../common/pipeline/commands.ts";
import { listSome } from "../listing.ts";

const shown = 20;

/** Says on the run page what stays in the workspace though the CLI was to delete it; the next plan no longer does. */
export function warnOfLeftResources({ left }: CliFacts): void {
  if (left.size === 0) return;
  const names = [...left.values()].map(({ key, id }) => `${key} (${id})`);
  const [were, it, exists] =
    names.length === 1 ? ["was", "it is", "it still exists"] : ["were", "they are", "they still exist"];
  warn(
    `${listSome(names, shown)} ${were} not deleted, because the service principal does not have the permission, and ${it} no longer part of the deployment. If ${exists}, delete manually what is not needed.`,
  );
}

/** Shows on the run page what the CLI itself warns of in its log, such as a resource that may still be in progress. */
export function warnOfReservations({ reservations }: CliFacts): void {
  for (const text of new Set(reservations)) warn(text);
}
