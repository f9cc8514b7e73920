import path from "node:path";
import { foldersWithRootFile, similarToRootFile } from "../common/databricks/bundle/files.ts";
import { cliFailures } from "../common/failures/cli.ts";
import { fillIn, messageOf } from "../common/failures/failure.ts";
import { checkoutAdvice } from "../common/pipeline/inputs.ts";
import { listSome } from "./listing.ts";

const shown = 5;

/** What is wrong with a folder that contains no bundle, and what to do. Names the folders below `root` that contain one. */
export function noBundle(folder: string, root: string): string {
  const similar = similarToRootFile(folder);
  const { [similar === undefined ? "no-bundle" : "bundle-file-name"]: failure } = cliFailures;
  const folders = foldersWithRootFile(root).map((one) => path.relative(root, one).split(path.sep).join("/") || ".");
  const found = folders.length === 0 ? "" : ` Folders with one: ${listSome(folders, shown)}.`;
  const action = similar === undefined ? checkoutAdvice(folder) : undefined;
  return `${fillIn(messageOf(failure), { folder })} ${action ?? fillIn(failure.action, { similar, found })}`;
}
