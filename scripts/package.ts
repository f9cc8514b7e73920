import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { reproducibleArchive } from "./archive.ts";
import { buildExtension, type Edition, production } from "./build.ts";
import { largestPackage, root } from "./project.ts";
import { variantNamed } from "./variants.ts";

/** Builds <folder>/<publisher>.<id>-<version>.vsix, the same bytes from the same sources. Returns its path. */
export async function packageExtension(edition: Edition, folder: string): Promise<string> {
  await buildExtension(edition);
  const manifest = fs.readFileSync(path.join(edition.stage, "vss-extension.json"), "utf8");
  const { publisher, id, version } = JSON.parse(manifest) as Record<string, string>;
  const file = path.join(folder, `${publisher}.${id}-${version}.vsix`);
  const unfinished = path.join(folder, `${process.pid}.tmp`);
  await runPackager(edition.stage, unfinished);
  const archive = reproducibleArchive(fs.readFileSync(unfinished));
  if (archive.length > largestPackage) throw new Error(`${file} has ${archive.length} bytes: over ${largestPackage}.`);
  fs.writeFileSync(unfinished, archive);
  removeOlder(folder, `${publisher}.${id}-`);
  fs.renameSync(unfinished, file);
  return file;
}

/** Treats a warning of the packager as an error: the Marketplace or an agent would refuse such a package. */
async function runPackager(stage: string, file: string): Promise<void> {
  const tfx = path.join(root, "node_modules", "tfx-cli", "_build", "tfx-cli.js");
  const options = ["--root", stage, "--manifests", "vss-extension.json", "--output-path", file, "--no-color"];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [tfx, "extension", "create", ...options], {
    cwd: stage,
  });
  const warnings = `${stdout}\n${stderr}`.split("\n").filter((line) => /^\s*warning:/i.test(line));
  if (warnings.length > 0) throw new Error(`The packager warned:\n${warnings.join("\n")}`);
}

/** Removes packages of other versions, so that the folder contains only the last build. */
function removeOlder(folder: string, prefix: string): void {
  for (const name of fs.readdirSync(folder)) {
    if (name.startsWith(prefix) && /^\d[\d.]*\.vsix$/.test(name.slice(prefix.length)))
      fs.rmSync(path.join(folder, name));
  }
}

/** Reads the command line: no arguments, or a variant and its version, which go into a separate folder. */
function askedFor([variant, version]: readonly string[]): { edition: Edition; folder: string } {
  const dist = path.join(root, "dist");
  if (variant === undefined) return { edition: production, folder: dist };
  const folder = path.join(dist, variant);
  const edition = { variant: variantNamed(variant), version: version ?? production.version };
  return { edition: { ...edition, stage: path.join(folder, "extension") }, folder };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { edition, folder } = askedFor(process.argv.slice(2));
  const file = await packageExtension(edition, folder);
  console.log(`${path.relative(root, file)} (${Math.round(fs.statSync(file).size / 1000)} KB)`);
}
