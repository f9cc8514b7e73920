export { JobsService } from "@databricks/sdk-experimental/dist/apis/jobs/api";
export { PipelinesService } from "@databricks/sdk-experimental/dist/apis/pipelines/api";
