import type { ApiClient } from "@databricks/sdk-experimental/dist/api-client";
import { callWorkspace, type WorkspaceConnection } from "./call.ts";

type Sdk = typeof import("./services.ts");
/** What the SDK's services need to make one call. */
type SdkRequest = Parameters<ApiClient["request"]>[0];

/** A typed service of the Databricks SDK; its calls throw WorkspaceError or HttpFailure. */
export async function workspaceService<Service>(
  choose: (sdk: Sdk) => new (client: ApiClient) => Service,
  connection: WorkspaceConnection,
): Promise<Service> {
  const sdk = await import("./services.ts");
  const Service = choose(sdk);
  return new Service(workspaceTransport(sdk, connection));
}

/**
 * Runs the SDK's services over our own HTTP module. The SDK's own transport does not verify certificates by default, waits
 * forever on a redirect, and reads credentials from the machine, so it is replaced completely.
 */
function workspaceTransport({ ApiClient, Config }: Sdk, connection: WorkspaceConnection): ApiClient {
  class WorkspaceTransport extends ApiClient {
    override async request({ path, method, query, payload }: SdkRequest): Promise<unknown> {
      if (method !== "GET" && method !== "POST") throw new Error(`${method} is not supported.`);
      const search = query ? this.searchParams(query) : "";
      return callWorkspace(connection, { method, path, search, ...(payload ? { payload } : {}) });
    }
  }
  return new WorkspaceTransport(new Config({ host: connection.host, loaders: [], skipVerify: false }));
}
