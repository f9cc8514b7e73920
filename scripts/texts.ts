import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./project.ts";
import { type ListedText, listTexts } from "./texts/text-list.ts";
import { brokenRules } from "./texts/writing-rules.ts";

/** A source file and what users can see of it. */
export interface FileTexts {
  /** Relative to the project, with slashes. */
  readonly file: string;
  readonly texts: readonly ListedText[];
}

/** The texts of the tasks: every TypeScript file and every task.json under tasks/, sorted by path. */
export function allTexts(): FileTexts[] {
  const names = fs.readdirSync(path.join(root, "tasks"), { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".ts") || path.basename(name) === "task.json");
  return files.sort().flatMap((name) => {
    const file = path.posix.join("tasks", ...name.split(path.sep));
    const texts = listTexts(file, fs.readFileSync(path.join(root, file), "utf8"));
    return texts.length > 0 ? [{ file, texts }] : [];
  });
}

/** One Markdown page: first the texts that break a writing rule, then all texts by file. */
export function textsPage(files: readonly FileTexts[]): string {
  const count = files.reduce((sum, { texts }) => sum + texts.length, 0);
  return [
    "# What users can see",
    "",
    `${count} texts of ${files.length} files. Each line: line number, what the text is given to, text; an arrow marks a part of the text before it.`,
    "",
    "## To look at first",
    "",
    ...fenced(files.flatMap(broken)),
    ...files.flatMap(({ file, texts }) => [`## ${file}`, "", ...fenced(texts.map(row))]),
  ].join("\n");
}

function broken({ file, texts }: FileTexts): string[] {
  return texts.flatMap(({ line, text }) =>
    brokenRules(text).map((advice) => `${file}:${line} [${advice}] ${oneLine(text)}`),
  );
}

function row({ line, role, text, isPart }: ListedText): string {
  return `${String(line).padStart(4)}  ${role.padEnd(18)}  ${isPart ? "-> " : ""}${oneLine(text)}`;
}

function oneLine(text: string): string {
  return text.replaceAll("\r", "\\r").replaceAll("\n", "\\n");
}

/** Texts hold Markdown, which must be read as it is. */
function fenced(lines: readonly string[]): string[] {
  return ["~~~text", ...(lines.length > 0 ? lines : ["none"]), "~~~", ""];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = path.join(root, "dist", "texts.md");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, textsPage(allTexts()));
  console.log(path.relative(process.cwd(), file));
}
