import { bundleFileNames, filesIncludedBy, readBundleFile, rootFiles } from "../../common/databricks/bundle/files.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { members } from "../../common/pipeline/json.ts";
import { parseBundleConstraint, type VersionRequest } from "./request.ts";

/** The value of `bundle.databricks_cli_version`, and the file that sets it. */
interface Constraint {
  readonly text: string;
  readonly file: string;
}

/** The version that a bundle requires, and where; throws a UserError when the bundle does not set one. */
export async function bundleVersion(folder: string): Promise<Constraint & { readonly request: VersionRequest }> {
  const root = rootFile(folder);
  const constraint = await readConstraint(root);
  if (!constraint) {
    throw new UserError(
      `version: bundle needs bundle.databricks_cli_version, but neither ${root} nor a file that it includes sets it.`,
      {
        hint: 'Add it to the bundle (databricks_cli_version: ">= 1.10.0, < 2.0.0"), or set the input version to a version or a range.',
        section: "bundle-version",
      },
    );
  }
  const request = parseBundleConstraint(constraint.text);
  if (!request) {
    throw new UserError(
      `bundle.databricks_cli_version in ${constraint.file} is "${constraint.text}", which is not a version constraint that the CLI accepts.`,
      {
        hint: "Use one of these forms: 1.13.0, 1.13.*, >= 1.10.0, or >= 1.10.0, < 2.0.0.",
        section: "bundle-version",
      },
    );
  }
  return { ...constraint, request };
}

function rootFile(folder: string): string {
  const found = rootFiles(folder);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const problem =
    first === undefined ? "There is no bundle" : "There are several bundle files, which the CLI does not allow,";
  throw new UserError(`${problem} in ${folder}.`, {
    hint: `version: bundle reads one of ${bundleFileNames.join(", ")}. Check workingDirectory, and that an earlier step checks out the repository.`,
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
  const value = members(document["bundle"])["databricks_cli_version"];
  return value === undefined || value === null || value === "" ? undefined : { text: String(value), file };
}

/** The CLI reads the first of several documents and the last value of a repeated key, and ignores tags on mappings and lists. */
const likeTheCli = { merge: true, uniqueKeys: false, logLevel: "silent" } as const;

async function readYaml(file: string): Promise<Record<string, unknown>> {
  const { parseDocument } = await import("../formats.lazy.ts");
  try {
    const document = parseDocument(readBundleFile(file), likeTheCli);
    const [syntaxError] = document.errors;
    if (syntaxError) throw syntaxError;
    return members(document.toJS({ maxAliasCount: -1 }));
  } catch (error) {
    // The lines after the first one are a drawing of the place in the file.
    const [reason = ""] = String(error instanceof Error ? error.message : error).split(":\n");
    throw new UserError(`Cannot read ${file}: ${reason}.`, {
      hint: "Fix the file: version: bundle reads the bundle file and all files that it includes.",
      section: "bundle-version",
      cause: error,
    });
  }
}
