import type { CliFacts } from "../../common/databricks/cli/output.ts";
import { warn } from "../../common/pipeline/commands.ts";
import { listSome } from "../listing.ts";

const shown = 20;

/** Warns on the run page of resources that the CLI failed to delete: the next plan no longer contains them. */
export function warnOfLeftResources(left: CliFacts["left"]): void {
  if (left.size === 0) return;
  const names = [...left.values()].map(({ key, id }) => `${key} (${id})`);
  const [were, theyAre, theyStillExist, them] =
    names.length === 1 ? ["was", "It is", "it still exists", "it"] : ["were", "They are", "they still exist", "them"];
  warn(
    `${listSome(names, shown)} ${were} not deleted, because the service principal does not have the permission. ` +
      `${theyAre} no longer part of the deployment. If ${theyStillExist} and you do not need ${them}, delete ${them} manually.`,
  );
}
