import { randomUUID } from "node:crypto";
import { resourceManagerResources } from "../resource-manager/resource-manager.ts";
import { type EntraError, refusals } from "./errors.ts";

/** What an application trusts instead of a secret. Entra compares case-sensitively. */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** An application (or managed identity) as a test describes it. */
export interface ApplicationDescription {
  readonly tenantId: string;
  readonly clientId: string;
  federatedCredentials: FederatedCredential[];
  readonly secret?: string;
  /** PEM of the certificate that signs its assertions. */
  readonly certificate?: string;
  /** Application ids or URIs of the resources in its tenant; default: Azure Databricks and Azure Resource Manager. */
  readonly resources?: string[];
}

/** A registered application. */
export interface Application extends ApplicationDescription {
  readonly objectId: string;
  readonly displayName: string;
  readonly resources: string[];
  /** The refusal of a policy of the tenant. */
  blocked?: EntraError | undefined;
}

/** The application id of Azure Databricks, the same in every cloud. */
export const databricksResource = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";

/** The display name of every tenant. */
export const directoryName = "Contoso";

/** The tenants and their applications. */
export interface Directory {
  add(application: ApplicationDescription): void;
  addFederatedCredential(clientId: string, credential: FederatedCredential): void;
  removeFederatedCredentials(clientId: string): void;
  /** From now on, a policy of the tenant refuses an application like this. */
  block(clientId: string, refusal: EntraError): void;
  /** Throws AADSTS900023 or AADSTS90002 for a tenant that is none of ours. */
  requireTenant(tenant: string): void;
  /** Throws AADSTS700016 for an application that the tenant does not hold. */
  requireApplication(tenant: string, clientId: string): Application;
}

/** An empty directory. */
export function createDirectory(): Directory {
  const applications: Application[] = [];
  const ofClient = (clientId: string) => applications.filter((application) => sameId(application.clientId, clientId));
  return {
    add(application) {
      const displayName = `contoso-${application.clientId.slice(0, 8)}`;
      applications.push({
        ...application,
        objectId: randomUUID(),
        displayName,
        resources: application.resources ?? [databricksResource, ...resourceManagerResources],
      });
    },
    addFederatedCredential(clientId, credential) {
      for (const application of ofClient(clientId)) application.federatedCredentials.push(credential);
    },
    removeFederatedCredentials(clientId) {
      for (const application of ofClient(clientId)) application.federatedCredentials = [];
    },
    block(clientId, refusal) {
      for (const application of ofClient(clientId)) application.blocked = refusal;
    },
    requireTenant(tenant) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(tenant) && !tenant.includes(".")) {
        throw refusals.invalidTenant(tenant);
      }
      if (!applications.some(({ tenantId }) => sameId(tenantId, tenant))) throw refusals.tenantNotFound(tenant);
    },
    requireApplication(tenant, clientId) {
      const found = applications.find((a) => sameId(a.tenantId, tenant) && sameId(a.clientId, clientId));
      if (!found) throw refusals.applicationNotFound(clientId, directoryName);
      return found;
    },
  };
}

function sameId(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
