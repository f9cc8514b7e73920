import type { ApiClient } from "@databricks/sdk-experimental/dist/api-client";
import { callWorkspace, type WorkspaceConnection } from "./call.ts";

type Services = typeof import("./services.ts");
type RunServices = typeof import("./run-services.ts");
type ServiceClass<Service> = new (client: ApiClient) => Service;
/** What the SDK's services need to make one call. */
type SdkRequest = Parameters<ApiClient["request"]>[0];

/** Loads the SDK for what each step needs. */
export async function loadWorkspaceService(): Promise<void> {
  await import("./services.ts");
}

/** A typed service of the Databricks SDK for what each step needs; its calls throw WorkspaceError or HttpFailure. */
export async function workspaceService<Service>(
  choose: (services: Services) => ServiceClass<Service>,
  connection: WorkspaceConnection,
): Promise<Service> {
  const Service = choose(await import("./services.ts"));
  return new Service(workspaceTransport(connection));
}

/** The same for runs, which not every step has. */
export async function runService<Service>(
  choose: (services: RunServices) => ServiceClass<Service>,
  connection: WorkspaceConnection,
): Promise<Service> {
  const Service = choose(await import("./run-services.ts"));
  return new Service(workspaceTransport(connection));
}

/**
 * Runs the SDK's services over our own HTTP module. The SDK's own client does not verify certificates by default, waits
 * forever on a redirect, and reads credentials from the machine, so nothing of it is used. The services call only `request`.
 */
function workspaceTransport(connection: WorkspaceConnection): ApiClient {
  const transport: Pick<ApiClient, "request"> = {
    async request({ path, method, query = {}, payload }: SdkRequest): Promise<unknown> {
      if (method !== "GET" && method !== "POST") throw new Error(`${method} is not supported.`);
      return callWorkspace(connection, { method, path, search: searchOf(query), ...(payload ? { payload } : {}) });
    },
  };
  return transport as ApiClient;
}

/** The calls of the tasks have only simple parameters. */
function searchOf(query: NonNullable<SdkRequest["query"]>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const parameters = given.map(([name, value]): [string, string] => {
    if (typeof value === "object") throw new Error(`${name}: a list or an object is not supported.`);
    return [name, String(value)];
  });
  return new URLSearchParams(parameters).toString();
}
