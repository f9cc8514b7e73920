import type { Document, YAMLMap } from "yaml";

/** What the reader needs of the package yaml, which each task loads late. */
export type Yaml = Pick<typeof import("yaml"), "isAlias" | "isMap" | "isScalar" | "isSeq" | "parseDocument" | "visit">;

/** By key: every value that a reader could take, the one that the CLI takes last. */
type Members = ReadonlyMap<string, ReadonlySet<unknown>>;

/**
 * Looks up values in a YAML document. Readers treat merges and duplicate keys differently. The CLI prefers a mapping's own keys
 * to merged ones, and takes the last of equal keys or merges.
 */
export interface YamlValues {
  /** All texts that a reader could find at a path of keys. */
  allTextsAt(...path: readonly string[]): string[];
  /** All keys that a reader could find in the mapping at a path, including merged ones. */
  allKeysAt(...path: readonly string[]): string[];
  /** The text that the CLI finds at a path; undefined if there is none, and for values that it ignores there. */
  textAt(...path: readonly string[]): string | undefined;
  /** The same for true and false. */
  flagAt(...path: readonly string[]): boolean | undefined;
  /** Whether the CLI finds anything but null at a path. */
  isSetAt(...path: readonly string[]): boolean;
  /** The texts of the list that the CLI finds at a path. */
  textsAt(...path: readonly string[]): string[];
  /** The names of the mappings that the CLI finds below a path, such as those of targets and variables. */
  sectionsAt(...path: readonly string[]): string[];
  /** The first 20 keys that a mapping has more than once; `text` is what the document was parsed from. */
  repeatedKeys(text: string): RepeatedKey[];
}

/** Merged members of all mappings together; more come from a document that is made to take for ever. */
const mostMembers = 1_000_000;

/** Throws an Error if the merges of a document are too many to look up values. */
export function yamlValues(yaml: Yaml, document: Document): YamlValues {
  const { resolved, mappings } = readReferences(yaml, document);
  const keyOf = (node: unknown) => (yaml.isScalar(node) ? String(node.value) : "");
  const known = new Map<unknown, Members>();
  let count = 0;

  function membersOf(node: unknown): Members {
    const mapping = resolved(node);
    if (!yaml.isMap(mapping)) return new Map();
    const done = known.get(mapping);
    if (done) return done;
    const members = new Map<string, Set<unknown>>();
    // A merge in a circle finds nothing.
    known.set(mapping, new Map());
    const add = (key: string, value: unknown) => {
      const values = members.get(key) ?? new Set();
      values.delete(value);
      members.set(key, values.add(value));
      count += 1;
      if (count > mostMembers) throw new Error("its merges are too complex");
    };
    const all = mapping.items.map(({ key, value }) => ({ key: resolved(key), value: resolved(value) }));
    const merges = all.filter(({ key }) => isMerge(yaml, key)).map(({ value }) => value);
    for (const source of merges.flatMap((merge) => (yaml.isSeq(merge) ? merge.items : [merge]))) {
      for (const [key, values] of membersOf(source)) for (const value of values) add(key, value);
    }
    for (const { key, value } of all) if (!isMerge(yaml, key)) add(keyOf(key), value);
    known.set(mapping, members);
    return members;
  }

  for (const mapping of mappings) membersOf(mapping);
  const nodesAt = (path: readonly string[]) =>
    path.reduce<unknown[]>(
      (nodes, key) => [...new Set(nodes.flatMap((node) => [...(membersOf(node).get(key) ?? [])]))],
      [document.contents],
    );
  const plain = (node: unknown) => (yaml.isScalar(node) ? node.value : node);
  const lastIn = (node: unknown, key: string) => [...(membersOf(node).get(key) ?? [])].at(-1);
  const lastAt = (path: readonly string[]) => path.reduce<unknown>(lastIn, document.contents);
  return {
    allTextsAt: (...path) => nodesAt(path).flatMap((node) => textOf(plain(node)) ?? []),
    allKeysAt: (...path) => [...new Set(nodesAt(path).flatMap((node) => [...membersOf(node).keys()]))],
    textAt: (...path) => textOf(plain(lastAt(path))),
    isSetAt: (...path) => (plain(lastAt(path)) ?? undefined) !== undefined,
    flagAt: (...path) => flagOf(plain(lastAt(path))),
    textsAt(...path) {
      const list = lastAt(path);
      return yaml.isSeq(list) ? list.items.flatMap((item) => textOf(plain(resolved(item))) ?? []) : [];
    },
    sectionsAt(...path) {
      const section = lastAt(path);
      return [...membersOf(section).keys()].filter((key) => isSection(yaml, lastIn(section, key)));
    },
    repeatedKeys: (text) => repeatedKeys(yaml, mappings, text),
  };
}

function isMerge(yaml: Yaml, key: unknown): boolean {
  return yaml.isScalar(key) && key.value === "<<" && key.type === "PLAIN";
}

/** The CLI ignores other values where it expects a mapping (databricks/cli, libs/dyn/convert/normalize.go). */
function isSection(yaml: Yaml, node: unknown): boolean {
  return yaml.isMap(node) || (yaml.isScalar(node) && node.value === null) || node === null;
}

/** What the CLI makes of a value where it expects a text (normalizeString in the same file). */
function textOf(value: unknown): string | undefined {
  return ["string", "number", "bigint", "boolean"].includes(typeof value) ? String(value) : undefined;
}

/** What the CLI reads as true and false beside the values of YAML (normalizeBool in the same file). */
const truths = ["true", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"];
const untruths = ["false", "n", "N", "no", "No", "NO", "off", "Off", "OFF"];

function flagOf(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string" || ![...truths, ...untruths].includes(value)) return undefined;
  return truths.includes(value);
}

/** A key that a mapping has more than once, with the lines of its first and its last place, from 1. */
export interface RepeatedKey {
  readonly key: string;
  readonly firstLine: number;
  readonly line: number;
}

const mostRepeated = 20;

/** The first 20 keys that one of the mappings has more than once; `text` is what they were parsed from. */
function repeatedKeys(yaml: Yaml, mappings: readonly YAMLMap[], text: string): RepeatedKey[] {
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  const repeated: RepeatedKey[] = [];
  for (const { items } of mappings) {
    const places = new Map<string, number[]>();
    for (const { key } of items) {
      if (!yaml.isScalar(key) || isMerge(yaml, key)) continue;
      const name = String(key.value);
      const known = places.get(name);
      const place = key.range?.[0] ?? 0;
      if (known) known.push(place);
      else places.set(name, [place]);
    }
    for (const [key, [first = 0, ...more]] of places) {
      const last = more.at(-1);
      if (last === undefined) continue;
      repeated.push({ key, firstLine: lineAt(first), line: lineAt(last) });
      if (repeated.length === mostRepeated) return repeated;
    }
  }
  return repeated;
}

/** The mappings of a document, and what its aliases stand for: the package itself searches the document for each of them. */
function readReferences(yaml: Yaml, document: Document) {
  const anchors = new Map<string, unknown>();
  const targets = new Map<unknown, unknown>();
  const mappings: YAMLMap[] = [];
  yaml.visit(document, {
    Node(_, node) {
      if (yaml.isMap(node)) mappings.push(node);
      if (yaml.isAlias(node)) targets.set(node, anchors.get(node.source));
      else if ("anchor" in node && node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return { mappings, resolved: (node: unknown) => (yaml.isAlias(node) ? targets.get(node) : node) };
}
