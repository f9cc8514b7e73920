export { WorkspaceService } from "@databricks/sdk-experimental/dist/apis/workspace/api";
