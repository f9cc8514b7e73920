/** A deployed resource of a bundle, as `databricks bundle summary -o json` gives it. */
export interface BundleResource {
  /** e.g. jobs */
  readonly type: string;
  /** The resource's key in the bundle. */
  readonly key: string;
  readonly name: string;
  readonly id: string;
  readonly url: string | undefined;
}

export interface BundleSummary {
  readonly bundle: string;
  readonly target: string;
  readonly mode: string | undefined;
  /** Only where the bundle itself names it. */
  readonly host: string | undefined;
  readonly userName: string | undefined;
  readonly rootPath: string | undefined;
  readonly resources: readonly BundleResource[];
}

/** Reads the JSON of `bundle summary`; resources that are not deployed (any more) are left out. */
export function parseBundleSummary(json: string): BundleSummary {
  const root = object(JSON.parse(json));
  const bundle = object(root["bundle"]);
  const workspace = object(root["workspace"]);
  return {
    bundle: text(bundle["name"]) ?? "",
    target: text(bundle["target"]) ?? "",
    mode: text(bundle["mode"]),
    host: text(workspace["host"]),
    userName: text(object(workspace["current_user"])["userName"]),
    rootPath: text(workspace["root_path"]),
    resources: resources(object(root["resources"])),
  };
}

function resources(byType: Record<string, unknown>): BundleResource[] {
  return Object.entries(byType).flatMap(([type, byKey]) =>
    Object.entries(object(byKey)).flatMap(([key, value]) => {
      const resource = object(value);
      const id = text(resource["id"]);
      if (id === undefined || text(resource["modified_status"]) !== undefined) return [];
      const name = text(resource["name"]) ?? text(resource["display_name"]) ?? key;
      return [{ type, key, name, id, url: text(resource["url"]) }];
    }),
  );
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}
