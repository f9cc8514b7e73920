import fc from "fast-check";
import type { BundleFiles } from "../../bundles/bundles.ts";

/** A change of a tree of files, each given by its path in the bundle. */
export type Edit =
  | { readonly kind: "write"; readonly name: string; readonly content: string }
  | { readonly kind: "delete"; readonly name: string }
  | { readonly kind: "rename"; readonly name: string; readonly to: string };

/** What somebody does by hand to what the workspace has of the bundle; `swap` keeps the size (see swapped). */
export type HandEdit =
  | { readonly kind: "overwrite" | "replace"; readonly name: string; readonly content: string }
  | { readonly kind: "swap"; readonly name: string }
  | { readonly kind: "delete"; readonly name: string }
  | { readonly kind: "delete folder"; readonly name: string };

/** Who changes the workspace at the end of a round. */
export const deployers = ["fresh agent", "same folder", "somebody else", "somebody else destroys"] as const;

/** Changes of the bundle, then changes by hand, then a deploy. */
export interface Round {
  readonly edits: readonly Edit[];
  readonly byHand: readonly HandEdit[];
  readonly deployer: (typeof deployers)[number];
  /** The files whose content is swapped while one of our deploys runs, after it has uploaded its files. */
  readonly swapsDuring: readonly string[];
}

/** Some are notebooks with the right content, some never; `a` and `a/b` are folders of others and files themselves. */
const names = [
  "one.txt",
  "two.py",
  "a",
  "a/one.txt",
  "a/two.py",
  "a/b",
  "a/b/größe 1.txt",
  "a/b/three.sql",
  "c/nb.ipynb",
];
const folders = ["a", "a/b", "c"];
/** Contents of the same size in pairs, so that neither size nor time shows a change. */
const contents = [
  "",
  "1\n",
  "2\n",
  "# Databricks notebook source\nprint(1)\n",
  "# Databricks notebook source\nprint(2)\n",
  "-- Databricks notebook source\nselect 1\n",
  "# databricks notebook source\nprint(1)\n",
];

const plain = { noNullPrototype: true } as const;
const name = fc.constantFrom(...names);
const content = fc.constantFrom(...contents);
/** Most changes must meet a file that the workspace has, and most deploys one of ours, so that few sequences show a fault. */
const deployedName = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("one.txt", "two.py", "a/one.txt", "a/b/three.sql", "c/nb.ipynb") },
  { weight: 1, arbitrary: name },
);
const deployer = fc.oneof(
  { weight: 4, arbitrary: fc.constant(deployers[0]) },
  { weight: 3, arbitrary: fc.constantFrom(...deployers) },
);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("write" as const), name: deployedName, content }, plain) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), name }, plain) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), name, to: name }, plain) },
);
const handEdit: fc.Arbitrary<HandEdit> = fc.oneof(
  fc.record({ kind: fc.constantFrom("overwrite" as const, "replace" as const), name: deployedName, content }, plain),
  fc.record({ kind: fc.constant("swap" as const), name: deployedName }, plain),
  fc.record({ kind: fc.constant("delete" as const), name: deployedName }, plain),
  fc.record({ kind: fc.constant("delete folder" as const), name: fc.constantFrom(...folders) }, plain),
);

/** Random rounds. Shorter and simpler ones are tried when one fails. */
export const rounds: fc.Arbitrary<Round[]> = fc.array(
  fc.record(
    {
      edits: fc.array(edit, { minLength: 1, maxLength: 4 }),
      byHand: fc.array(handEdit, { minLength: 1, maxLength: 3 }),
      deployer,
      swapsDuring: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(deployedName, { minLength: 1, maxLength: 2 }) },
      ),
    },
    plain,
  ),
  { minLength: 1, maxLength: 3 },
);

/** The tree that every sequence begins with. */
export const firstTree: BundleFiles = {
  "one.txt": "1\n",
  "two.py": "# Databricks notebook source\nprint(1)\n",
  "a/one.txt": "1\n",
  "a/b/three.sql": "-- Databricks notebook source\nselect 1\n",
  "c/nb.ipynb": jupyter("1\n"),
};

/** The tree after an edit. A path that was a folder becomes a file and the other way round; two names never clash remotely. */
export function applyEdit(tree: BundleFiles, change: Edit): BundleFiles {
  switch (change.kind) {
    case "write":
      return write(tree, change.name, contentFor(change.name, change.content));
    case "delete":
      return without(tree, change.name);
    case "rename": {
      const moved = tree[change.name];
      if (moved === undefined || change.name === change.to) return tree;
      return write(without(tree, change.name), change.to, contentFor(change.to, moved));
    }
  }
}

/** Another content of the same type and size; the same if there is none. */
export function swapped(content: string): string {
  return content.replace(/[12]/g, (digit) => (digit === "1" ? "2" : "1"));
}

/** A notebook of another kind than its extension's would be one that the workspace refuses. */
function contentFor(name: string, content: string): string {
  const isJupyter = content.startsWith("{");
  if (name.endsWith(".ipynb")) return isJupyter ? content : jupyter(content);
  return isJupyter ? "1\n" : content;
}

function jupyter(source: string): string {
  const cells = [{ cell_type: "code", execution_count: null, metadata: {}, outputs: [], source: [source] }];
  const metadata = { language_info: { name: "python" } };
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 });
}

function write(tree: BundleFiles, name: string, content: string): BundleFiles {
  const kept = Object.entries(tree).filter(([other]) => !other.startsWith(`${name}/`) && !name.startsWith(`${other}/`));
  return { ...Object.fromEntries(kept), [name]: content };
}

function without(tree: BundleFiles, name: string): BundleFiles {
  return Object.fromEntries(Object.entries(tree).filter(([other]) => other !== name));
}
