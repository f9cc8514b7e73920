import type { Document, YAMLMap } from "yaml";

/** What the reader needs of the package yaml, which each task loads late. */
export type Yaml = Pick<typeof import("yaml"), "isAlias" | "isMap" | "isScalar" | "isSeq" | "parseDocument" | "visit">;

/** By key: every value that a reader could take, the one that the CLI takes last. */
type Members = ReadonlyMap<string, ReadonlySet<unknown>>;

/**
 * Looks up values in a YAML document. Readers treat merges and duplicate keys differently, so it returns all
 * candidates.
 */
export interface YamlValues {
  /**
   * All values that a reader could find at a path of keys, as plain values or nodes. The CLI takes the last one: it prefers
   * a mapping's own keys to merged ones, and the last of equal keys or merges.
   */
  at(...path: readonly string[]): unknown[];
  /** The value that the CLI finds at a path of keys; undefined if there is none. */
  lastAt(...path: readonly string[]): unknown;
  /** Keys of the mapping at a path, including merged ones. */
  keysAt(...path: readonly string[]): string[];
  /** Texts in the lists at a path. */
  textsAt(...path: readonly string[]): string[];
  /** The first 20 keys that a mapping has more than once; `text` is what the document was parsed from. */
  repeatedKeys(text: string): RepeatedKey[];
}

/** Merged members of all mappings together; more come from a document that is made to take for ever. */
const mostMembers = 1_000_000;

/** Throws an Error if the merges of a document are too many to look up values. */
export function yamlValues(yaml: Yaml, document: Document): YamlValues {
  const { resolved, mappings } = readReferences(yaml, document);
  const textOf = (node: unknown) => (yaml.isScalar(node) ? String(node.value) : "");
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
    const all = mapping.items.map(({ key, value }) => [textOf(resolved(key)), resolved(value)] as const);
    const merges = all.flatMap(([key, value]) => (key === "<<" ? [value] : []));
    for (const source of merges.flatMap((merge) => (yaml.isSeq(merge) ? merge.items : [merge]))) {
      for (const [key, values] of membersOf(source)) for (const value of values) add(key, value);
    }
    for (const [key, value] of all) if (key !== "<<") add(key, value);
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
  return {
    at: (...path) => nodesAt(path).map(plain),
    lastAt: (...path) =>
      plain(path.reduce<unknown>((node, key) => [...(membersOf(node).get(key) ?? [])].at(-1), document.contents)),
    textsAt: (...path) =>
      nodesAt(path).flatMap((node) => (yaml.isSeq(node) ? node.items.map((item) => textOf(resolved(item))) : [])),
    repeatedKeys: (text) => repeatedKeys(yaml, mappings, text),
    keysAt: (...path) => [...new Set(nodesAt(path).flatMap((node) => [...membersOf(node).keys()]))],
  };
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
      if (!yaml.isScalar(key) || key.value === "<<") continue;
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
