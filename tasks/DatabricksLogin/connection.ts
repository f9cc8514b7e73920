import { conversionAdvice } from "../common/pipeline/conversion-advice.ts";
import { UserError } from "../common/pipeline/errors.ts";
import { type FederatedConnection, readServiceConnection } from "../common/pipeline/service-connection.ts";

/**
 * Reads the service connection. Throws a UserError with the way to convert it if it does not use workload identity
 * federation: its credential would stay in the memory of this machine until the job ends.
 */
export function readFederatedConnection(id: string): FederatedConnection {
  const connection = readServiceConnection(id);
  if (connection.scheme === "WorkloadIdentityFederation") return connection;
  const isMachine = connection.scheme === "ManagedServiceIdentity";
  throw new UserError("DatabricksLogin needs a service connection that uses workload identity federation.", {
    hint: conversionAdvice(connection) ?? "",
    section: isMachine ? "managed-identity" : "connection-secret",
  });
}
