import type { Document } from "yaml";

type Yaml = Pick<typeof import("yaml"), "isAlias" | "isMap" | "isScalar" | "isSeq">;
type Entry = readonly [key: string, value: unknown];

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
  /** Keys of the mapping at a path, including merged ones. */
  keysAt(...path: readonly string[]): string[];
  /** Whether the whole document is valid YAML. */
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
