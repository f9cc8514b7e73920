import type { AzureCloud } from "../pipeline/azure-cloud.ts";

/** The application that requests a token from Entra. */
export interface EntraClient {
  readonly cloud: AzureCloud;
  readonly tenantId: string;
  readonly clientId: string;
  /** e.g. https://login.microsoftonline.com/ */
  readonly authority: string;
}

/**
 * Azure Databricks in Entra, the same in every cloud; as a scope it requests everything that was granted to the
 * application.
 */
export const databricksScope = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default";
