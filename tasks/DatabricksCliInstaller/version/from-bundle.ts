import { readBundleDocuments } from "../../common/databricks/bundle/documents.ts";
import { bundleFileNames, rootFiles } from "../../common/databricks/bundle/files.ts";
import type { YamlValues } from "../../common/databricks/bundle/yaml-values.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { parseBundleConstraint } from "./ranges.ts";
import type { VersionRequest } from "./request.ts";

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

/** Skips files that cannot set the version. A key can be written in another way, but not without a backslash. */
const mayMatter = /databricks_cli_version|\\/;

/** The CLI merges included files over the root file in the order of `include`, so the last one that sets it wins. */
async function readConstraint(root: string): Promise<Constraint | undefined> {
  const documents = readBundleDocuments(root, await import("yaml"), mayMatter);
  const unread = documents.find(({ problem }) => problem !== undefined);
  if (unread) {
    throw new UserError(`Cannot read ${unread.file}: ${unread.problem}.`, {
      hint: "Fix the file, or set the input version to a version: version: bundle reads the bundle file and all files that it includes.",
      section: "bundle-version",
    });
  }
  const last = documents.flatMap(({ file, values }) => constraintOf(values, file) ?? []).at(-1);
  return last?.text === "" ? undefined : last;
}

function constraintOf(values: YamlValues, file: string): Constraint | undefined {
  const text = values.textAt("bundle", "databricks_cli_version");
  return text === undefined ? undefined : { text, file };
}
