export { ApiClient } from "@databricks/sdk-experimental/dist/api-client";
export { CurrentUserService } from "@databricks/sdk-experimental/dist/apis/iam/api";
export { Config } from "@databricks/sdk-experimental/dist/config/Config";
