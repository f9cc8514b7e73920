import { type LeftResource, parseLeftResource } from "../../common/databricks/cli/deploy-lines.ts";
import { warn } from "../../common/pipeline/commands.ts";
import { listSome } from "../listing.ts";

/** What stays in the workspace though the CLI was to delete it. */
export interface LeftResources {
  /** Takes a line of the CLI's. */
  read(line: string): void;
  /** By key, e.g. schemas.orders. */
  readonly byKey: ReadonlyMap<string, LeftResource>;
  /** Says it on the run page; the next plan no longer does. */
  warn(): void;
}

const shown = 20;

export function watchLeftResources(): LeftResources {
  const byKey = new Map<string, LeftResource>();
  return {
    byKey,
    read(line) {
      const left = parseLeftResource(line);
      if (left) byKey.set(left.key, left);
    },
    warn() {
      if (byKey.size === 0) return;
      const names = [...byKey.values()].map(({ key, id }) => `${key} (${id})`);
      const [were, it, exists] =
        names.length === 1 ? ["was", "it is", "it exists"] : ["were", "they are", "they exist"];
      warn(
        `${listSome(names, shown)} ${were} not deleted: the workspace gave the service principal no permission; ${it} ` +
          `no longer part of the deployment. If ${exists} still, delete by hand what is not needed.`,
      );
    },
  };
}
