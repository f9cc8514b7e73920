import fs from "node:fs";
import path from "node:path";
import type { Metafile } from "esbuild";

/** A package of which at least a part is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; undefined if its manifest does not contain one. */
  readonly license: string | undefined;
  /** Absolute path of its files. */
  readonly folder: string;
}

/** The packages that the bundle actually contains, each version once, sorted by name and version. */
export function bundledPackages(root: string, metafiles: readonly Metafile[]): BundledPackage[] {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const folders = new Set(inputs.flatMap((input) => packageFolder(input) ?? []));
  const packages = [...folders].map((folder) => readPackage(path.join(root, folder)));
  const byId = new Map(packages.map((one) => [`${one.name} ${one.version}`, one]));
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** `node_modules/a/node_modules/@b/c` of any file in that package. */
function packageFolder(input: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

function readPackage(folder: string): BundledPackage {
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as Record<string, unknown>;
  const { name, version, license } = manifest;
  return {
    name: String(name),
    version: String(version),
    license: typeof license === "string" ? license : undefined,
    folder,
  };
}
