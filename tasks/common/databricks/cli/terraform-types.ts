/** Names of bundle resources whose terraform type is not just their singular with a prefix. */
const irregular: Readonly<Record<string, string>> = {
  databricks_mlflow_experiment: "experiments",
  databricks_mlflow_model: "models",
  databricks_model_serving: "model_serving_endpoints",
  databricks_lakehouse_monitor: "quality_monitors",
  databricks_quality_monitor: "quality_monitors",
  databricks_secret_scope: "secret_scopes",
  databricks_sql_endpoint: "sql_warehouses",
};

/** Belong to another resource, so they are none of the bundle's own. */
const attached = new Set(["databricks_permissions", "databricks_grants", "databricks_secret_acl", "databricks_dir"]);

/** The bundle's name for a type of the terraform provider: databricks_job is jobs. */
export function bundleType(terraformType: string): string | undefined {
  if (!terraformType.startsWith("databricks_") || attached.has(terraformType)) return undefined;
  return irregular[terraformType] ?? `${terraformType.slice("databricks_".length)}s`;
}
