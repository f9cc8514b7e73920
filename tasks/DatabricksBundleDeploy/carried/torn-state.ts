import fs from "node:fs";
import { emptyLogs, tornFiles } from "../../common/databricks/cli/state.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import type { Step } from "../session/step.ts";

/** Removes and prints what is incomplete of the CLI's local state, so that the workspace's state is used. Never throws. */
export function removeTornState({ cli }: Pick<Step, "cli">): void {
  try {
    for (const file of tornFiles(cli)) {
      fs.rmSync(file, { force: true });
      print(`Removed ${file} from this agent, because it is not complete. The state in the workspace is used.`);
    }
    for (const file of emptyLogs(cli)) fs.rmSync(file, { force: true });
  } catch (error) {
    // The CLI reports what it cannot read.
    debug(String(error));
  }
}
