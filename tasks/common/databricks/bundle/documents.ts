import { filesIncludedBy, readBundleFile } from "./files.ts";
import { type RepeatedKey, type Yaml, type YamlValues, yamlValues } from "./yaml-values.ts";

/** A file of a bundle, read within limits of size and complexity. */
export interface BundleDocument {
  readonly file: string;
  /** Empty if the file could not be read. */
  readonly values: YamlValues;
  /** Keys that a mapping has more than once. */
  readonly repeated: readonly RepeatedKey[];
  /** Empty if the file could not be read. */
  readonly text: string;
  /** Why the values are not complete; undefined if they are. */
  readonly problem: string | undefined;
  /** The text of a file that is beyond the limits of complexity; otherwise undefined. */
  readonly unparsed: string | undefined;
}

/** The CLI reads the first of several documents and the last value of a repeated key, and ignores tags on mappings and lists. */
export const likeTheCli = {
  uniqueKeys: false,
  logLevel: "silent",
  prettyErrors: false,
  // Some IDs of workspaces are larger than the integers of JavaScript.
  intAsBigInt: true,
} as const;

/** What separates values, in all files together; reading so many takes some seconds. */
const mostParts = 500_000;

/**
 * The root file and those that it includes, in the order in which the CLI merges them. Leaves out included files in which
 * nothing matches `relevant`. Never throws: what cannot be read has a problem.
 */
export function readBundleDocuments(root: string, yaml: Yaml, relevant: RegExp): BundleDocument[] {
  let parts = 0;
  const count = (text: string) => {
    parts += text.match(/[\n,:[\]{}]/g)?.length ?? 0;
    if (parts > mostParts) throw new Error("together with the other files of the bundle, it is too large");
  };
  const read = (file: string, isRelevant: (text: string) => boolean): BundleDocument[] => {
    let text = "";
    try {
      text = readBundleFile(file);
      if (!isRelevant(text)) return [];
      count(text);
      const document = yaml.parseDocument(text, likeTheCli);
      const [syntaxError] = document.errors;
      const values = yamlValues(yaml, document);
      return [
        {
          file,
          values,
          repeated: values.repeatedKeys(text),
          text,
          problem: syntaxError && `${reasonOf(syntaxError)}${positionOf(text, syntaxError.pos[0])}`,
          unparsed: undefined,
        },
      ];
    } catch (error) {
      const values = yamlValues(yaml, yaml.parseDocument(""));
      return [{ file, values, repeated: [], text, problem: reasonOf(error), unparsed: text || undefined }];
    }
  };
  const first = read(root, () => true);
  const patterns = first.flatMap(({ values }) => values.textsAt("include"));
  const included = filesIncludedBy(root, patterns);
  return [...first, ...included.flatMap((file) => read(file, (text) => relevant.test(text)))];
}

/** The first line; the lines after it are a drawing of the place in the file. */
function reasonOf(error: unknown): string {
  const [reason = ""] = String(error instanceof Error ? error.message : error).split(":\n");
  return reason;
}

/** The parser itself would find it for each error, and search the file from its beginning for each. */
function positionOf(text: string, position: number): string {
  const before = text.slice(0, position).split("\n");
  return ` at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}
