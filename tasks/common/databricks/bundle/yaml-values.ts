import type { Document } from "yaml";

type Yaml = Pick<typeof import("yaml"), "isAlias" | "isMap" | "isScalar" | "isSeq">;
type Entry = readonly [key: string, value: unknown];

/** Looks up values in a YAML document without deciding for one reader's way with merges and keys that come twice. */
export interface YamlValues {
  /**
   * Everything that a reader could find at a path of keys, as plain values or nodes. The last is what the CLI takes: a
   * mapping's own keys before merged ones, of equal keys and of several merges the last.
   */
  at(...path: readonly string[]): unknown[];
  /** Keys of the mapping at a path, merged ones too. */
  keysAt(...path: readonly string[]): string[];
  /** Whether the parser took all of the document for YAML. */
  readonly isSound: boolean;
  /** Texts in the lists at a path. */
  textsAt(...path: readonly string[]): string[];
}

export function yamlValues(yaml: Yaml, document: Document): YamlValues {
  const resolved = (node: unknown) => (yaml.isAlias(node) ? node.resolve(document) : node);
  const textOf = (node: unknown) => (yaml.isScalar(node) ? String(node.value) : "");

  function entriesOf(node: unknown, outer: ReadonlySet<unknown> = new Set()): Entry[] {
    const mapping = resolved(node);
    if (!yaml.isMap(mapping) || outer.has(mapping)) return [];
    const seen = new Set(outer).add(mapping);
    const all = mapping.items.map(({ key, value }): Entry => [textOf(resolved(key)), value]);
    const own = all.filter(([key]) => key !== "<<");
    const merges = all.filter(([key]) => key === "<<").map(([, value]) => resolved(value));
    const sources = merges.flatMap((source) => (yaml.isSeq(source) ? source.items : [source]));
    return [...sources.flatMap((source) => entriesOf(source, seen)), ...own];
  }

  const nodesAt = (path: readonly string[]) =>
    path.reduce<unknown[]>(
      (nodes, wanted) =>
        nodes.flatMap((node) => entriesOf(node)).flatMap(([key, value]) => (key === wanted ? [value] : [])),
      [document.contents],
    );
  return {
    isSound: document.errors.length === 0,
    at: (...path) =>
      nodesAt(path)
        .map(resolved)
        .map((node) => (yaml.isScalar(node) ? node.value : node)),
    textsAt: (...path) =>
      nodesAt(path)
        .map(resolved)
        .flatMap((node) => (yaml.isSeq(node) ? node.items.map((item) => textOf(resolved(item))) : [])),
    keysAt: (...path) => nodesAt(path).flatMap((node) => entriesOf(node).map(([key]) => key)),
  };
}
