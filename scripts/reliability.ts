import fs from "node:fs";
import path from "node:path";
import { between } from "./markdown.ts";
import { root } from "./project.ts";

/** Replaces what a script has written into docs/reliability.md: between `<!-- marker -->` and `<!-- /name -->`. */
export function writeReliability(name: string, marker: string, content: string): void {
  const page = path.join(root, "docs/reliability.md");
  fs.writeFileSync(page, between(fs.readFileSync(page, "utf8"), marker, `${content}\n`, `/${name}`));
}
