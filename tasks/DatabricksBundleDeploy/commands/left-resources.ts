import type { CliFacts } from "../../common/databricks/cli/output.ts";
import { warn } from "../../common/pipeline/commands.ts";
import { listSome } from "../listing.ts";

const shown = 20;

/** Says on the run page what stays in the workspace though the CLI was to delete it; the next plan no longer does. */
export function warnOfLeftResources(left: CliFacts["left"]): void {
  if (left.size === 0) return;
  const names = [...left.values()].map(({ key, id }) => `${key} (${id})`);
  const [were, it, exists] = names.length === 1 ? ["was", "it is", "it exists"] : ["were", "they are", "they exist"];
  warn(
    `${listSome(names, shown)} ${were} not deleted: the workspace gave the service principal no permission; ${it} ` +
      `no longer part of the deployment. If ${exists} still, delete by hand what is not needed.`,
  );
}
