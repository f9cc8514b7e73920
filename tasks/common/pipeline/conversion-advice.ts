import type { ServiceConnection } from "./service-connection.ts";

/** How to replace a connection that does not use workload identity federation; undefined for one that does. */
export function conversionAdvice({ scheme }: ServiceConnection): string | undefined {
  const where = "Project settings > Service connections";
  switch (scheme) {
    case "WorkloadIdentityFederation":
      return undefined;
    case "ManagedServiceIdentity":
      return (
        "The service connection uses the managed identity of this agent's machine, which every pipeline on the " +
        `machine shares. Replace the connection with one that uses workload identity federation (${where} > New ` +
        "service connection)."
      );
    default: {
      const credential = scheme === "ServicePrincipalSecret" ? "a secret that expires and can leak" : "a certificate";
      return (
        `The service connection contains ${credential}. Open it under ${where} and select Convert to use ` +
        "workload identity federation. This step then works without a change."
      );
    }
  }
}
