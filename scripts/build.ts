import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../package.json";
import { bundleTask } from "./bundle.ts";
import { listingLinks, listingPage, repositoryUrl, variantPage } from "./listing.ts";
import { root, taskNames } from "./project.ts";
import { thirdPartyNotices } from "./third-party-notices.ts";
import { type VariantName, variantManifest, variantTask } from "./variants.ts";

/** What to build, and where to put what goes into the package. */
export interface Edition {
  readonly variant: VariantName;
  /** `1.2.3`, of the extension and its tasks. */
  readonly version: string;
  /** The staging folder: the manifest and its files, each task in its own folder. */
  readonly stage: string;
}

/** The edition that all users install. */
export const production: Edition = { variant: "production", version, stage: path.join(root, "dist", "extension") };

/** Fills the staging folder. */
export async function buildExtension(edition: Edition = production): Promise<void> {
  if (!/^\d+\.\d+\.\d+$/.test(edition.version)) throw new Error(`${edition.version} is not a version such as 1.2.3.`);
  fs.rmSync(edition.stage, { recursive: true, force: true });
  for (const name of taskNames) await stageTask(name, edition);
  stageListing(edition);
}

async function stageTask(name: string, { variant, version, stage }: Edition): Promise<void> {
  const source = path.join(root, "tasks", name);
  const folder = path.join(stage, "tasks", name);
  const metafiles = await bundleTask(root, source, folder);
  writeJson(path.join(folder, "task.json"), variantTask(readJson(path.join(source, "task.json")), variant, version));
  fs.copyFileSync(path.join(source, "icon.png"), path.join(folder, "icon.png"));
  fs.writeFileSync(path.join(folder, "ThirdPartyNotices.txt"), thirdPartyNotices(root, metafiles));
}

/** The manifest and what the Marketplace shows. */
function stageListing({ stage, variant, version }: Edition): void {
  const manifest = readJson(path.join(root, "vss-extension.json"));
  const listed = { ...manifest, links: listingLinks(manifest) };
  writeJson(path.join(stage, "vss-extension.json"), variantManifest(listed, variant, version));
  const overview = fs.readFileSync(path.join(root, "overview.md"), "utf8");
  const page = variantPage(overview, String(manifest["name"]), taskNames, variant);
  fs.writeFileSync(path.join(stage, "overview.md"), listingPage(page, repositoryUrl(manifest)));
  fs.copyFileSync(path.join(root, "LICENSE"), path.join(stage, "LICENSE"));
  const images = fs.readdirSync(path.join(root, "images")).filter((name) => name.endsWith(".png"));
  fs.mkdirSync(path.join(stage, "images"));
  for (const name of images) fs.copyFileSync(path.join(root, "images", name), path.join(stage, "images", name));
}

function readJson(file: string): Record<string, unknown> {
  return JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, unknown>;
}

function writeJson(file: string, content: unknown): void {
  fs.writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildExtension();
