import { createHash } from "node:crypto";
import { errorCode } from "../../pipeline/file-failure.ts";
import { likeTheCli } from "./documents.ts";
import { filesIncludedBy, readBundleFile, rootFiles } from "./files.ts";
import { type Yaml, yamlValues } from "./yaml-values.ts";

/** What decides how the CLI resolves a bundle, beside the workspace. */
export interface BundleSurroundings {
  /** A text that changes with every setting outside the bundle's files, such as the target and the variables. */
  readonly settings: string;
  /** Files that the CLI reads too; they need not exist. */
  readonly files: readonly string[];
}

/** What the CLI asks others for, each time: the Git repository, the workspace, a script. */
const asksOthers = /\bbundle\.git\b|\blookup\b|\bpreinit\b|\\/;

/**
 * A SHA-256 that stays the same as long as the CLI resolves the bundle's workspace paths in the same way; undefined if its
 * files do not show that, or cannot be read.
 */
export function bundleDigest(folder: string, yaml: Yaml, surroundings: BundleSurroundings): string | undefined {
  const [root] = rootFiles(folder);
  if (root === undefined) return undefined;
  try {
    const rootText = readBundleFile(root);
    if (asksOthers.test(rootText)) return undefined;
    const patterns = includedBy(rootText, yaml);
    if (patterns === undefined) return undefined;
    const included = filesIncludedBy(root, patterns);
    const texts = [rootText, ...included.map(readBundleFile)];
    if (texts.some((text) => asksOthers.test(text))) return undefined;
    const others = surroundings.files.map(readIfThere);
    const parts = [root, ...included, ...texts, ...others, surroundings.settings];
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  } catch {
    return undefined;
  }
}

/** The patterns below `include`; undefined if the text is not YAML. Parsing takes longer than all else, so it is done only for them. */
function includedBy(text: string, yaml: Yaml): string[] | undefined {
  if (!text.includes("include")) return [];
  const document = yaml.parseDocument(text, likeTheCli);
  return document.errors.length > 0 ? undefined : yamlValues(yaml, document).textsAt("include");
}

function readIfThere(file: string): string {
  try {
    return readBundleFile(file);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return "";
    throw error;
  }
}
