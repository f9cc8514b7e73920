import { version } from "../../package.json";

/** Sent as the user agent of every request that the tasks make themselves. */
export const userAgent = `databricks-bundle-deploy-for-azure-pipelines/${version}`;

export const productVersion: string = version;

/** The page that error messages point to. */
export const helpUrl =
  "https://marketplace.visualstudio.com/items?itemName=databricks-bundle-deploy.databricks-bundle-deploy";
