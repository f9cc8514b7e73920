import fs from "node:fs";
import path from "node:path";
import type { Metafile } from "esbuild";

interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly text: string;
}

/** The notices that the licences of the bundled packages ask for, from what the bundler really took in. */
export function thirdPartyNotices(root: string, metafiles: readonly Metafile[]): string {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const folders = new Set(inputs.flatMap((input) => packageFolder(input) ?? []));
  const packages = [...folders].sort().map((folder) => readPackage(path.join(root, folder)));
  const sections = packages.map(
    ({ name, version, licence, text }) => `${"-".repeat(80)}\n${name} ${version} (${licence})\n\n${text.trim()}\n`,
  );
  return `This task contains parts of the following packages.\n\n${sections.join("\n")}`;
}

/** `node_modules/a/node_modules/@b/c` of any file in that package. */
function packageFolder(input: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

function readPackage(folder: string): BundledPackage {
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as Record<string, unknown>;
  const file = fs.readdirSync(folder).find((name) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(name));
  return {
    name: String(manifest["name"]),
    version: String(manifest["version"]),
    licence: typeof manifest["license"] === "string" ? manifest["license"] : "see below",
    text: file ? fs.readFileSync(path.join(folder, file), "utf8") : `Licence: ${String(manifest["license"])}`,
  };
}
