import { readBundleDocuments } from "./documents.ts";
import { rootFiles } from "./files.ts";
import { type LikelyMistake, likelyMistakes } from "./likely-mistakes.ts";
import type { YamlValues } from "./yaml-values.ts";

/** What a bundle's files declare about the workspace and the sign-in. The CLI does not allow variables here. */
export interface Declared {
  /** The target that the CLI uses; undefined if no name is given and the files do not show the default. */
  readonly target: string | undefined;
  /** As the CLI reads it. Only a hint: the CLI explains files that cannot be read better. */
  readonly host: string | undefined;
  /** As the CLI reads it; it overrides an ID in `host`. */
  readonly workspaceId: string | undefined;
  /** Each `auth_type` that could apply to the target, or to any target if none is named. */
  readonly authTypes: readonly string[];
  /** What else `workspace` of the bundle or the target says about the sign-in, e.g. azure_client_id. */
  readonly signInSettings: readonly SignInSetting[];
  /** The only branch from which the target may be deployed (`git.branch`). */
  readonly gitBranch: string | undefined;
  /** Whether a file contains `${bundle.git.branch}`. */
  readonly usesGitBranch: boolean;
  readonly mistakes: readonly LikelyMistake[];
  /** A script that the CLI runs before it signs in. */
  readonly hasPreinit: boolean;
  /** Names of the variables that the bundle declares; undefined if some of its files could not be read. */
  readonly variables: readonly string[] | undefined;
}

export interface SignInSetting {
  /** Its name in `workspace`. */
  readonly key: string;
  readonly value: string;
}

/** Members of `workspace` that select credentials (databricks/cli, bundle/config/workspace.go). */
const signInKeys = [
  "profile",
  "client_id",
  "google_service_account",
  "azure_workspace_resource_id",
  "azure_use_msi",
  "azure_client_id",
  "azure_tenant_id",
  "azure_environment",
  "azure_login_app_id",
];

/** Reads `workspace` of a bundle and of its target, which overrides that of the whole bundle. */
export async function readDeclared(folder: string, target: string | undefined): Promise<Declared> {
  const files = await readDocuments(folder);
  const documents = files.map(({ values }) => values);
  const name = target ?? defaultTarget(documents);
  const bundleWide = documents.map((document) => (key: string) => document.at("workspace", key));
  const ofTargets = (names: readonly string[]) =>
    sections(documents).flatMap(({ document, section }) =>
      names.map((one) => (key: string) => document.at(section, one, "workspace", key)),
    );
  const effective = [...bundleWide, ...ofTargets(name === undefined ? [] : [name])];
  const last = (key: string) =>
    effective.flatMap((valuesOf) => valuesOf(key)).findLast((value) => value !== undefined && value !== null);
  const workspaceId = last("workspace_id");
  const candidates = [...bundleWide, ...ofTargets(target === undefined ? targetNames(documents) : [target])];
  const authTypes = [
    ...candidates.flatMap((valuesOf) => valuesOf("auth_type")).flatMap((value) => text(value) ?? []),
    ...files.flatMap(({ unparsed = "" }) => [...unparsed.matchAll(authTypeLine)].map(([, value = ""]) => value)),
  ];
  const [root] = documents;
  const branches = [
    ...documents.flatMap((document) => document.at("bundle", "git", "branch")),
    ...sections(documents).flatMap(({ document, section }) =>
      name === undefined ? [] : document.at(section, name, "git", "branch"),
    ),
  ];
  return {
    target: name,
    gitBranch: text(branches.findLast((value) => value !== undefined && value !== null)),
    usesGitBranch: files.some((file) => file.text.includes(gitBranchReference)),
    mistakes: likelyMistakes(files),
    host: text(last("host")),
    workspaceId: text(Number.isSafeInteger(workspaceId) ? String(workspaceId) : workspaceId),
    authTypes: [...new Set(authTypes)],
    signInSettings: signInKeys.flatMap((key) => {
      const value = last(key) ?? false;
      return value === false || value === "" ? [] : [{ key, value: String(value) }];
    }),
    variables: files.every(({ problem }) => problem === undefined)
      ? [...new Set(documents.flatMap((document) => document.keysAt("variables")))]
      : undefined,
    hasPreinit: (root?.at("experimental", "scripts", "preinit") ?? []).some((value) => text(value) !== undefined),
  };
}

/** `environments` is the old name of `targets`. */
function sections(documents: readonly YamlValues[]) {
  return documents.flatMap((document) => ["targets", "environments"].map((section) => ({ document, section })));
}

function targetNames(documents: readonly YamlValues[]): string[] {
  return [...new Set(sections(documents).flatMap(({ document, section }) => document.keysAt(section)))];
}

/** What the CLI reads as true (databricks/cli, libs/dyn/convert/normalize.go). */
const truths = new Set(["true", "y", "Y", "yes", "on"]);

function defaultTarget(documents: readonly YamlValues[]): string | undefined {
  const names = targetNames(documents);
  const isDefault = (name: string) => {
    const values = sections(documents).flatMap(({ document, section }) => document.at(section, name, "default"));
    return truths.has(String(values.findLast((value) => value !== undefined && value !== null)));
  };
  return names.length === 1 ? names[0] : names.find(isDefault);
}

/** A bundle must not hide another way to sign in behind more text than the task parses. */
const authTypeLine = /\bauth_type["']?\s*:\s*["']?([\w-]+)/g;

// biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the bundle
const gitBranchReference = "${bundle.git.branch}";

/** Skips files that contain only resources. A key can be written in another way, but not without a backslash. */
const mayMatter = /workspace|targets|environments|variables|bundle\s*:|bundle\.git\.branch|\\/;

async function readDocuments(folder: string) {
  const [root] = rootFiles(folder);
  if (root === undefined) return [];
  return readBundleDocuments(root, await import("yaml"), mayMatter);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
