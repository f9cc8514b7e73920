/** Which service signs a connection's ID tokens: Azure DevOps itself (older connections) or Entra. */
export type IssuerKind = "azure-devops" | "entra";

/** A service connection, as far as Azure DevOps issues ID tokens for it. */
export interface RegisteredConnection {
  readonly id: string;
  readonly name: string;
  readonly issuer: IssuerKind;
  readonly tenantId: string;
  /** False: the pipeline may not use it. */
  readonly authorized?: boolean;
}

/** What a federated credential must hold to trust a service connection. */
export interface FederatedIdentity {
  readonly issuer: string;
  readonly subject: string;
}

/** The organization whose project the connections belong to. */
export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly project: { id: string; name: string };
}

/** The application id of Azure DevOps, the same in every tenant. */
export const azureDevOpsApplicationId = "499b84ac-1321-427f-aa17-267ca6975798";

/** Issuer and subject of the ID tokens for a service connection. */
export function federatedIdentity(organization: Organization, connection: RegisteredConnection): FederatedIdentity {
  if (connection.issuer === "azure-devops") {
    const subject = `sc://${organization.name}/${organization.project.name}/${connection.name}`;
    return { issuer: azureDevOpsIssuer(organization), subject };
  }
  const tenant = encodeGuid(connection.tenantId);
  const application = encodeGuid(azureDevOpsApplicationId);
  return {
    issuer: entraIssuer(connection.tenantId),
    subject: `/eid1/c/pub/t/${tenant}/a/${application}/sc/${organization.id}/${connection.id}`,
  };
}

/** Issuer of the tokens that Azure DevOps signs itself. */
export function azureDevOpsIssuer(organization: Organization): string {
  return `https://vstoken.dev.azure.com/${organization.id}`;
}

/** Issuer of the tokens that Entra signs for Azure DevOps. */
function entraIssuer(tenantId: string): string {
  return `https://login.microsoftonline.com/${tenantId}/v2.0`;
}

/** A GUID's 16 bytes as base64url; .NET writes the first three groups little-endian. */
function encodeGuid(guid: string): string {
  const [first = "", second = "", third = "", ...rest] = guid.split("-");
  const littleEndian = [first, second, third].map((group) => Buffer.from(group, "hex").reverse());
  return Buffer.concat([...littleEndian, Buffer.from(rest.join(""), "hex")]).toString("base64url");
}
