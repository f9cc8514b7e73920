import { version } from "../../package.json";
import { repository } from "../../vss-extension.json";

/** Sent as the user agent of every request that the tasks make themselves. */
export const userAgent = `databricks-bundle-deploy-for-azure-pipelines/${version}`;

/** The page whose sections error messages point to, as it is in the release: a later one may lack a section. */
export const troubleshootingUrl = `${repository.uri}/blob/v${version}/docs/troubleshooting.md`;
