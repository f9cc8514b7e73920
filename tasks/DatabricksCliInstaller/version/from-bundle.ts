import { bundleFileNames, filesIncludedBy, readBundleFile, rootFiles } from "../../common/databricks/bundle/files.ts";
import { print } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { parseBundleConstraint } from "./constraint.ts";
import type { VersionRequest } from "./request.ts";

interface Constraint {
  readonly text: string;
  readonly file: string;
}

/** The version that a bundle asks for in `bundle.databricks_cli_version`; throws a UserError when it asks for none. */
export async function bundleVersion(folder: string): Promise<VersionRequest> {
  const root = rootFile(folder);
  const constraint = await readConstraint(root);
  if (!constraint) {
    throw new UserError(`${root} sets no bundle.databricks_cli_version, and version: bundle asks for it.`, {
      hint: 'Add it to the bundle (databricks_cli_version: ">= 1.10.0, < 2.0.0") or set the input version to a version or range.',
      section: "bundle-version",
    });
  }
  const request = parseBundleConstraint(constraint.text);
  if (!request) {
    throw new UserError(`bundle.databricks_cli_version in ${constraint.file} is "${constraint.text}".`, {
      hint: "The CLI accepts no constraint of that form: write 1.13.0, 1.13.*, >= 1.10.0, or >= 1.10.0, < 2.0.0.",
      section: "bundle-version",
    });
  }
  print(`${constraint.file} asks for Databricks CLI ${constraint.text}.`);
  return request;
}

function rootFile(folder: string): string {
  const found = rootFiles(folder);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const problem = first === undefined ? "no bundle" : "several bundle files, which the CLI refuses,";
  throw new UserError(`There is ${problem} in ${folder}.`, {
    hint: `version: bundle reads ${bundleFileNames.join(", ")}: check workingDirectory, and that an earlier step checked the repository out.`,
    section: "bundle-version",
  });
}

/** The CLI merges included files over the root file in the order of `include`, so the last one that sets it wins. */
async function readConstraint(root: string): Promise<Constraint | undefined> {
  const document = await readYaml(root);
  const patterns = Array.isArray(document["include"]) ? document["include"] : [];
  let constraint = constraintOf(document, root);
  for (const file of filesIncludedBy(root, patterns.map(String))) {
    constraint = constraintOf(await readYaml(file), file) ?? constraint;
  }
  return constraint;
}

function constraintOf(document: Record<string, unknown>, file: string): Constraint | undefined {
  const bundle = document["bundle"];
  if (!isMapping(bundle)) return undefined;
  const value = bundle["databricks_cli_version"];
  return value === undefined || value === null || value === "" ? undefined : { text: String(value), file };
}

/** Of several documents the CLI reads the first, of a key that comes twice the last value; tags on mappings and lists mean nothing to it. */
const likeTheCli = { merge: true, uniqueKeys: false, logLevel: "silent" } as const;

async function readYaml(file: string): Promise<Record<string, unknown>> {
  const { parseDocument } = await import("../formats.lazy.ts");
  try {
    const document = parseDocument(readBundleFile(file), likeTheCli);
    const [syntaxError] = document.errors;
    if (syntaxError) throw syntaxError;
    const content: unknown = document.toJS({ maxAliasCount: -1 });
    return isMapping(content) ? content : {};
  } catch (error) {
    // What follows the first line draws the place in the file.
    const [reason = ""] = String(error instanceof Error ? error.message : error).split(":\n");
    throw new UserError(`${file} cannot be read: ${reason}.`, {
      hint: "Correct the file; version: bundle reads it and the files that it includes.",
      section: "bundle-version",
      cause: error,
    });
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
