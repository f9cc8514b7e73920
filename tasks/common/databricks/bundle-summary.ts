import { members, textOf } from "./json.ts";

/** A resource of a bundle, as `databricks bundle summary -o json` gives it. */
export interface BundleResource {
  /** e.g. jobs */
  readonly type: string;
  /** The resource's key in the bundle. */
  readonly key: string;
  readonly name: string;
  /** undefined when it is not deployed. */
  readonly id: string | undefined;
  readonly url: string | undefined;
  /** The resource as the bundle configures it, variables resolved; may hold anything that users put there. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

export interface BundleSummary {
  readonly bundle: string;
  readonly target: string;
  readonly mode: string | undefined;
  /** Only where the bundle itself names it. */
  readonly host: string | undefined;
  readonly userName: string | undefined;
  readonly rootPath: string | undefined;
  readonly statePath: string | undefined;
  readonly resources: readonly BundleResource[];
}

/** Reads the JSON of `bundle summary` or `bundle validate`; resources that have left the bundle are not in it. */
export function parseBundleSummary(json: string): BundleSummary {
  const root = members(JSON.parse(json));
  const bundle = members(root["bundle"]);
  const workspace = members(root["workspace"]);
  return {
    bundle: textOf(bundle["name"]) ?? "",
    target: textOf(bundle["target"]) ?? "",
    mode: textOf(bundle["mode"]),
    host: textOf(workspace["host"]),
    userName: textOf(members(workspace["current_user"])["userName"]),
    rootPath: textOf(workspace["root_path"]),
    statePath: textOf(workspace["state_path"]),
    resources: resources(members(root["resources"])),
  };
}

function resources(byType: Record<string, unknown>): BundleResource[] {
  return Object.entries(byType).flatMap(([type, byKey]) =>
    Object.entries(members(byKey)).flatMap(([key, value]) => {
      const { id, url, modified_status: status, ...configuration } = members(value);
      if (status === "deleted") return [];
      const name = textOf(configuration["name"]) ?? textOf(configuration["display_name"]) ?? key;
      const deployed = status === undefined ? { id: textOf(id), url: textOf(url) } : { id: undefined, url: undefined };
      return [{ type, key, name, ...deployed, configuration }];
    }),
  );
}
