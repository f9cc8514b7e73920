import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { catalogue } from "../tasks/common/failures/catalogue.ts";
import type { KnownFailure } from "../tasks/common/failures/failure.ts";
import { between, table } from "./markdown.ts";
import { root } from "./project.ts";

/** The page with the known failures of each section, written from the catalogue between their markers. */
export function withKnownFailures(page: string): string {
  const sections = [...new Set(Object.values(catalogue).map(({ section }) => section))];
  return sections.reduce((text, section) => between(text, `known failures: ${section}`, failureTable(section)), page);
}

function failureTable(section: string): string {
  const rows = Object.values(catalogue).filter((failure) => failure.section === section);
  return table(["What failed", "Recognized by", "What to do"], rows.map(row));
}

function row({ what, cause, seen, action }: KnownFailure): string[] {
  return [sentence(cause ?? what), escaped(seen), sentence(action)];
}

/** A text of the catalogue as a sentence of the page. */
function sentence(text: string): string {
  const shown = escaped(text.replace(/ ?\{(?:found|link|title|detail|purpose)\}/g, "").replace(/\{\w+\}/g, "…"));
  const start = shown.charAt(0).toUpperCase() + shown.slice(1);
  return /[.!]$/.test(start) ? start : `${start}.`;
}

/** Addresses, placeholders and commands are shown as they are. */
function escaped(text: string): string {
  return text
    .split(/(https:\/\/[^\s;,]*[^\s;,.:])/)
    .map((part, index) => (index % 2 === 1 ? `\`${part}\`` : part.replace(/[<>*]/g, "\\$&")))
    .join("");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = path.join(root, "docs", "troubleshooting.md");
  fs.writeFileSync(file, withKnownFailures(fs.readFileSync(file, "utf8")));
}
