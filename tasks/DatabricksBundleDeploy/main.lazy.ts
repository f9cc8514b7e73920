export { loadWorkspaceService } from "../common/databricks/workspace/client.ts";
export { runStep } from "./main.ts";
