import { type BundleDocument, readBundleDocuments } from "./documents.ts";
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
  /** A script that the CLI runs before it signs in; also if it cannot be ruled out. */
  readonly hasPreinit: boolean;
  /** Names of the variables that the bundle declares; undefined if some of its files could not be read. */
  readonly variables: readonly string[] | undefined;
  /** Names of those that the CLI looks up in the workspace (`lookup`), unless the environment sets them. */
  readonly lookups: readonly string[];
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
const flagKey = "azure_use_msi";

/** Reads what a bundle declares for a target, which overrides what it declares for all of them. */
export async function readDeclared(folder: string, target: string | undefined): Promise<Declared> {
  const files = await readDocuments(folder);
  const documents = files.map(({ values }) => values);
  const isComplete = files.length > 0 && files.every(({ problem }) => problem === undefined);
  const name = target ?? defaultTarget(documents, isComplete);
  const ofTarget = name === undefined ? [] : targetSections.map((section) => [section, name]);
  const inWorkspace = (key: string) => [[], ...ofTarget].map((path) => [...path, "workspace", key]);
  const variables = [...new Set(documents.flatMap((document) => document.sectionsAt("variables")))];
  const inGit = [
    ...[[], ...ofTarget].map((path) => [...path, "bundle", "git", "branch"]),
    ...ofTarget.map((path) => [...path, "git", "branch"]),
  ];
  return {
    target: name,
    gitBranch: lastText(documents, inGit),
    usesGitBranch: files.some((file) => file.text.includes(gitBranchReference)),
    mistakes: likelyMistakes(files),
    host: lastText(documents, inWorkspace("host")),
    workspaceId: lastText(documents, inWorkspace("workspace_id")),
    authTypes: authTypesIn(files, target),
    signInSettings: signInKeys.flatMap((key) => {
      const value = key === flagKey ? lastFlag(documents, inWorkspace(key)) : lastText(documents, inWorkspace(key));
      return value === undefined || value === false ? [] : [{ key, value: String(value) }];
    }),
    variables: isComplete ? variables : undefined,
    lookups: variables.filter((name) => isLookup(documents, ofTarget, name)),
    hasPreinit: hasPreinit(files[0]),
  };
}

/** The CLI takes the script only from the root file, before it includes others. */
function hasPreinit(root: BundleDocument | undefined): boolean {
  if (root === undefined) return false;
  const { values, text, problem, unparsed = "" } = root;
  const isUnread = problem !== undefined && text === "";
  return values.textAt("experimental", "scripts", "preinit") !== undefined || isUnread || unparsed.includes("preinit");
}

type Paths = readonly (readonly string[])[];

/**
 * The value at one of the paths, of which the last one takes precedence; at each, that of the last file counts. The CLI does not
 * distinguish an empty text and false from no value when it overrides what is declared for all targets.
 */
function lastText(documents: readonly YamlValues[], paths: Paths): string | undefined {
  return paths.map((path) => lastOf(documents.map((one) => one.textAt(...path)))).findLast(Boolean);
}

function lastFlag(documents: readonly YamlValues[], paths: Paths): boolean {
  return paths.some((path) => lastOf(documents.map((one) => one.flagAt(...path))));
}

function lastOf<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.findLast((value) => value !== undefined);
}

/** `environments` is the old name of `targets`. */
const targetSections = ["targets", "environments"];

/** The target that the CLI takes if no name is given. It calls the target of a bundle without targets default. */
function defaultTarget(documents: readonly YamlValues[], isComplete: boolean): string | undefined {
  const found = documents.flatMap((document) => targetSections.flatMap((section) => document.sectionsAt(section)));
  const [first, ...more] = new Set(found);
  if (first === undefined) return isComplete ? "default" : undefined;
  if (more.length === 0) return first;
  return [first, ...more].find((name) =>
    lastFlag(
      documents,
      targetSections.map((section) => [section, name, "default"]),
    ),
  );
}

/** A value or a lookup of the target replaces that of the bundle (databricks/cli, bundle/config/root.go: mergeTargetOverrides). */
function isLookup(documents: readonly YamlValues[], ofTarget: Paths, name: string): boolean {
  const inTarget = ofTarget.map((path) => [...path, "variables", name]);
  const hasLookup = (path: readonly string[]) =>
    documents.some((document) => document.allKeysAt(...path, "lookup").length > 0);
  const isValue = (document: YamlValues, path: readonly string[]) => {
    const keys = document.allKeysAt(...path);
    return keys.length === 0 ? document.isSetAt(...path) : keys.includes("default") || keys.includes("lookup");
  };
  const isOverridden = inTarget.some((path) => documents.some((document) => isValue(document, path)));
  return isOverridden ? inTarget.some(hasLookup) : hasLookup(["variables", name]);
}

/** All that any reader could find for the target, or for any target if none is given. */
function authTypesIn(files: readonly BundleDocument[], target: string | undefined): string[] {
  const found = files.flatMap(({ values, unparsed = "" }) => {
    const places = targetSections.flatMap((section) =>
      (target === undefined ? values.allKeysAt(section) : [target]).map((name) => [section, name]),
    );
    return [
      ...[[], ...places].flatMap((path) => values.allTextsAt(...path, "workspace", "auth_type")),
      ...[...unparsed.matchAll(authTypeLine)].map(([, value]) => value),
    ];
  });
  return [...new Set(found.flatMap((value) => value || []))];
}

/** A bundle must not hide another way to sign in behind more text than the task parses. */
const authTypeLine = /\bauth_type["']?\s*:\s*["']?([\w-]+)/g;

// biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the bundle
const gitBranchReference = "${bundle.git.branch}";

/** Skips files that contain only resources. A key can be written in another way, but not without a backslash. */
const mayMatter = /workspace|targets|environments|variables|\bbundle\b(?!\.)|bundle\.git\.branch|\\/;

async function readDocuments(folder: string) {
  const [root] = rootFiles(folder);
  if (root === undefined) return [];
  return readBundleDocuments(root, await import("yaml"), mayMatter);
}
