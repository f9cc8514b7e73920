export { loadWorkspaceService } from "../common/databricks/workspace/client.ts";
export { runCommand } from "./main.ts";
