import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { catalogue } from "../tasks/common/failures/catalogue.ts";
import { type KnownFailure, messageOf } from "../tasks/common/failures/failure.ts";
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

function row(failure: KnownFailure): string[] {
  return [sentence(failed(failure)), escaped(failure.seen), sentence(failure.action)];
}

/** The cause, if it is a sentence of its own. */
function failed(failure: KnownFailure): string {
  const { cause } = failure;
  return cause === undefined || /^(it |\{\w+\}$)/.test(cause) ? messageOf(failure) : cause;
}

/** What the page shows for facts that have few values. */
const usual: Readonly<Record<string, string>> = {
  where: "workspaceUrl",
  setting: "workspaceUrl, or workspace.host of the bundle",
  owner: "the service principal or the account",
  found: "",
  others: "",
  link: "",
  title: "",
  detail: "",
  purpose: "",
};

/** A text of the catalogue as a sentence of the page. */
function sentence(text: string): string {
  const shown = escaped(text.replace(/\{(\w+)\}/g, (_, name: string) => usual[name] ?? "…"));
  // A name such as workspaceUrl keeps its form.
  const start = /^[a-z]+[A-Z]/.test(shown) ? shown : shown.charAt(0).toUpperCase() + shown.slice(1);
  return /[.!]$/.test(start) ? start : `${start}.`;
}

/** Addresses and code are shown as they are. */
function escaped(text: string): string {
  return text
    .split(/(`[^`]*`|https:\/\/(?:<[^>]*>|[^\s;,<])*(?:<[^>]*>|[^\s;,.:<]))/)
    .map((part, index) => (index % 2 === 1 ? `\`${part.replaceAll("`", "")}\`` : part.replace(/[<>*]/g, "\\$&")))
    .join("");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = path.join(root, "docs", "troubleshooting.md");
  fs.writeFileSync(file, withKnownFailures(fs.readFileSync(file, "utf8")));
}
