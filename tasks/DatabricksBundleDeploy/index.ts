// First, because the next import writes to the temporary folder.
import "../common/pipeline/load-failure.ts";

import { endOfLoad } from "../common/pipeline/load-failure.ts";
import { runTask } from "../common/pipeline/task.ts";
import { canSkip } from "./changed/changed-since.ts";
import { loadInputs } from "./inputs.ts";

endOfLoad();
void runTask(async (task) => {
  const inputs = loadInputs();
  if (await canSkip(task, inputs)) return;
  // Only now, because running its code takes longer than all of the above.
  const { start } = await import("./start.ts");
  await start(task, inputs);
});
