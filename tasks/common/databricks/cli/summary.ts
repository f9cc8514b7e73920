import { members, textOf } from "../../pipeline/json.ts";

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

/** The bundle as the CLI resolves it for one target. */
export interface BundleSummary {
  readonly name: string;
  readonly target: string;
  readonly mode: string | undefined;
  /** Only where the bundle itself names it. */
  readonly host: string | undefined;
  /** The way to sign in that the bundle itself chooses. */
  readonly authType: string | undefined;
  readonly userName: string | undefined;
  readonly rootPath: string | undefined;
  readonly statePath: string | undefined;
  readonly resources: readonly BundleResource[];
  /** Still deployed, but no longer in the bundle: the next deploy deletes them. */
  readonly departed: readonly BundleResource[];
}

/** Reads the JSON of `bundle summary` or `bundle validate`. */
export function parseBundleSummary(json: string): BundleSummary {
  const root = members(JSON.parse(json));
  const bundle = members(root["bundle"]);
  const workspace = members(root["workspace"]);
  const all = Object.entries(members(root["resources"])).flatMap(([type, byKey]) =>
    Object.entries(members(byKey)).map(([key, value]) => ({
      status: members(value)["modified_status"],
      type,
      key,
      value,
    })),
  );
  return {
    name: textOf(bundle["name"]) ?? "",
    target: textOf(bundle["target"]) ?? "",
    mode: textOf(bundle["mode"]),
    host: textOf(workspace["host"]),
    authType: textOf(workspace["auth_type"]),
    userName: textOf(members(workspace["current_user"])["userName"]),
    rootPath: textOf(workspace["root_path"]),
    statePath: textOf(workspace["state_path"]),
    resources: all.filter(({ status }) => status !== "deleted").map(parseResource),
    departed: all.filter(({ status }) => status === "deleted").map(parseResource),
  };
}

function parseResource({ type, key, value }: { type: string; key: string; value: unknown }): BundleResource {
  const { id, url, modified_status: status, ...configuration } = members(value);
  const name = textOf(configuration["name"]) ?? textOf(configuration["display_name"]) ?? key;
  const deployed = status === "created" ? { id: undefined, url: undefined } : { id: textOf(id), url: textOf(url) };
  return { type, key, name, ...deployed, configuration };
}
