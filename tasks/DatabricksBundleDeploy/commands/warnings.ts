import type { CliFacts } from "../../common/databricks/cli/output.ts";
import { warn } from "../../common/pipeline/commands.ts";
import { listSome } from "../listing.ts";

const shown = 20;

/** Shows on the run page what the CLI was to delete, but stays in the workspace. The next plan no longer contains it. */
export function warnOfLeftResources({ left }: CliFacts): void {
  if (left.size === 0) return;
  const names = [...left.values()].map(({ key, id }) => `${key} (${id})`);
  const [were, theyAre, theyStillExist, them] =
    names.length === 1 ? ["was", "It is", "it still exists", "it"] : ["were", "They are", "they still exist", "them"];
  warn(
    `${listSome(names, shown)} ${were} not deleted, because the service principal does not have permission to delete ${them}. ` +
      `${theyAre} no longer part of the deployment. If ${theyStillExist} and you do not need ${them}, delete ${them} manually.`,
  );
}

/** Shows on the run page what the CLI itself warns of in its log, such as a resource that may still be in progress. */
export function showLogWarnings({ logWarnings }: CliFacts): void {
  for (const text of new Set(logWarnings)) warn(text);
}
