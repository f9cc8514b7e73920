import { expect, it } from "vitest";
import { parseBundleSummary } from "../../../../tasks/common/databricks/cli/summary.ts";

it.each([
  ["jobs", { name: "Nightly" }, "Nightly"],
  ["dashboards", { display_name: "Nightly" }, "Nightly"],
  ["clusters", { cluster_name: "Nightly" }, "Nightly"],
  ["instance_pools", { instance_pool_name: "Nightly" }, "Nightly"],
  ["genie_spaces", { title: "Nightly" }, "Nightly"],
  ["quality_monitors", { table_name: "main.sales.orders" }, "main.sales.orders"],
  ["postgres_catalogs", { catalog_id: "orders" }, "orders"],
  ["postgres_synced_tables", { synced_table_id: "main.sales.orders" }, "main.sales.orders"],
  ["postgres_roles", {}, "key"],
])("finds the name of a resource of the type %s", (type, resource, name) => {
  const summary = parseBundleSummary(JSON.stringify({ resources: { [type]: { key: resource } } }));
  expect(summary.resources).toMatchObject([{ type, key: "key", name }]);
});
