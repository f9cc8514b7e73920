import * as tl from "azure-pipelines-task-lib/task";
import { type AzureCloud, azureCloud, entraAuthority } from "./azure-cloud.ts";
import { registerSecret } from "./commands.ts";
import { UserError } from "./errors.ts";
import { members, textOf } from "./json.ts";

interface EntraApplication {
  /** GUID of the connection. */
  readonly id: string;
  readonly cloud: AzureCloud;
  readonly tenantId: string;
  /** Application (client) ID of the app registration or user-assigned managed identity. */
  readonly clientId: string;
  /** Address of Entra, e.g. https://login.microsoftonline.com/. */
  readonly authority: string;
}

export interface FederatedConnection extends EntraApplication {
  readonly scheme: "WorkloadIdentityFederation";
  /** An ID token that Azure DevOps sent to the job with the connection. It may be about to expire. */
  readonly lateBoundIdToken: string | undefined;
  /** What a federated credential must name, as far as Azure DevOps tells it with the connection. Only for messages. */
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
}

export interface SecretConnection extends EntraApplication {
  readonly scheme: "ServicePrincipalSecret";
  readonly secret: string;
}

export interface CertificateConnection extends EntraApplication {
  readonly scheme: "ServicePrincipalCertificate";
  /** PEM with certificate and private key. */
  readonly certificate: string;
}

export interface ManagedIdentityConnection {
  readonly scheme: "ManagedServiceIdentity";
  readonly id: string;
  readonly cloud: AzureCloud;
  /** undefined: the identity that belongs to the agent's machine itself. */
  readonly clientId: string | undefined;
}

/** An Azure Resource Manager service connection, by its way of signing in. */
export type ServiceConnection =
  | FederatedConnection
  | SecretConnection
  | CertificateConnection
  | ManagedIdentityConnection;

/** Reads a service connection by its ID, the value of an input of type connectedService:AzureRM. Throws a UserError. */
export function readServiceConnection(id: string): ServiceConnection {
  // task-lib's function for a single parameter would print its value, even a secret, as a debug message.
  const authorization = tl.getEndpointAuthorization(id, true);
  if (!authorization) {
    throw new UserError("azureSubscription does not name a service connection that this job can use.", {
      hint: "Use the name of an Azure Resource Manager service connection of this project.",
      section: "service-connection",
    });
  }
  const parameters = textsOf(authorization.parameters);
  registerCredentials(parameters);
  const scheme = textOf(authorization.scheme) ?? "ServicePrincipal";
  const fields: Fields = {
    id,
    parameter: (name) => parameterValue(parameters, name),
    data: (name) => tl.getEndpointDataParameter(id, name, true) || undefined,
  };
  switch (scheme.toLowerCase()) {
    case "workloadidentityfederation":
      return federatedConnection(fields);
    case "serviceprincipal":
      return servicePrincipalConnection(fields);
    case "managedserviceidentity":
      return managedIdentityConnection(fields);
    default:
      throw unsupportedScheme(scheme);
  }
}

/** The parameters that are text; others are as if they were empty. */
function textsOf(parameters: unknown): Record<string, string> {
  const all = Object.entries(members(parameters)).map(([name, value]) => [name, textOf(value) ?? ""]);
  return Object.fromEntries(all);
}

/** The agent hides a certificate only as a whole, not its lines. */
function registerCredentials(parameters: Readonly<Record<string, string>>): void {
  for (const value of Object.values(parameters)) if (/[\r\n]/.test(value)) registerSecret(value);
}

/** The raw content of a connection. */
interface Fields {
  readonly id: string;
  parameter(name: string): string | undefined;
  data(name: string): string | undefined;
}

function federatedConnection(fields: Fields): FederatedConnection {
  const lateBoundIdToken = fields.parameter("idToken");
  const issuer = fields.parameter("workloadIdentityFederationIssuer");
  const subject = fields.parameter("workloadIdentityFederationSubject");
  return { ...entraApplication(fields), scheme: "WorkloadIdentityFederation", lateBoundIdToken, issuer, subject };
}

function servicePrincipalConnection(fields: Fields): SecretConnection | CertificateConnection {
  const application = entraApplication(fields);
  if (fields.parameter("authenticationType")?.toLowerCase() === "spncertificate") {
    const certificate = required(fields.parameter("servicePrincipalCertificate"), "certificate");
    return { ...application, scheme: "ServicePrincipalCertificate", certificate };
  }
  const secret = required(fields.parameter("serviceprincipalkey"), "secret");
  return { ...application, scheme: "ServicePrincipalSecret", secret };
}

function managedIdentityConnection({ id, data }: Fields): ManagedIdentityConnection {
  return {
    scheme: "ManagedServiceIdentity",
    id,
    cloud: azureCloud(data("environment")),
    clientId: data("msiclientId"),
  };
}

function entraApplication({ id, parameter, data }: Fields): EntraApplication {
  const cloud = azureCloud(data("environment"));
  return {
    id,
    cloud,
    tenantId: required(parameter("tenantid"), "tenant ID"),
    clientId: required(parameter("serviceprincipalid"), "client ID"),
    authority: entraAuthority(cloud, data("activeDirectoryAuthority")),
  };
}

/** Azure DevOps uses different upper and lower case for the same parameter. */
function parameterValue(parameters: Readonly<Record<string, string>>, name: string): string | undefined {
  const found = Object.entries(parameters).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return found?.[1] || undefined;
}

function required(value: string | undefined, what: string): string {
  if (value) return value;
  throw new UserError(`The service connection has no ${what}.`, {
    hint: "Open the connection under Project settings > Service connections, complete it and save it again.",
    section: "service-connection",
  });
}

function unsupportedScheme(scheme: string): UserError {
  return new UserError(`The service connection uses ${scheme}, which cannot be used to sign in to a workspace.`, {
    hint: "Use an Azure Resource Manager connection with workload identity federation.",
    section: "service-connection",
  });
}
