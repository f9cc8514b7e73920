// Asks a workspace who it is, again and again, with Databricks' SDK for JavaScript as it finds its settings.
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const { WorkspaceClient } = createRequire(process.env.CLIENT_PACKAGES)("@databricks/sdk-experimental");
const [calls, pauseMs] = process.argv.slice(2).map(Number);
const workspace = new WorkspaceClient({});
for (let call = 0; call < calls; call++) {
  if (call > 0) await sleep(pauseMs);
  const { userName } = await workspace.currentUser.me();
  console.log(`javascript: ${userName} by ${workspace.config.authType}`);
}
