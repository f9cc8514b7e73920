import fs from "node:fs";
import path from "node:path";
import type { Metafile } from "esbuild";
import { type BundledPackage, bundledPackages } from "./bundled-packages.ts";

/** The notices that the licenses of the bundled packages require. */
export function thirdPartyNotices(root: string, metafiles: readonly Metafile[]): string {
  const sections = bundledPackages(root, metafiles).map((one) => {
    const head = `${one.name} ${one.version} (${one.license ?? "see below"})`;
    return `${"-".repeat(80)}\n${head}\n\n${noticeOf(one)}\n`;
  });
  return `This task contains parts of the following packages.\n\n${sections.join("\n")}`;
}

/** The license's text, and the notice that Apache-2.0 (§4d) requires to be passed on with it. */
function noticeOf({ folder, license }: BundledPackage): string {
  const names = fs.readdirSync(folder).sort();
  const licenses = names.filter((name) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(name)).slice(0, 1);
  const notices = names.filter((name) => /^(notice|copyrightnotice)(\.(md|txt))?$/i.test(name));
  const texts = [...licenses, ...notices].map((name) => fs.readFileSync(path.join(folder, name), "utf8").trim());
  return licenses.length > 0 ? texts.join("\n\n") : [`License: ${license}`, ...texts].join("\n\n");
}
