/** What differs between two equal deployments: identifiers, times and addresses. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}([-_])[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}\b/gi, "[UUID]"],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?/g, "[TIME]"],
  [/\b[0-9a-f]{32,64}\b/gi, "[HEX]"],
  [/127\.0\.0\.1:\d+/g, "[LOOPBACK]"],
  [/\/tmp\/[^\s"':,)]+/g, "[TMP]"],
  [/\d{6,}/g, "[NUMBER]"],
  [/\b\d+(\.\d+)?m?s\b/g, "[DURATION]"],
];

/** Replaces texts by names, the longest first, and then everything that has another value in each deployment. */
export function normalizer(names: readonly (readonly [string, string])[]): (text: string) => string {
  const sorted = names.filter(([text]) => text !== "").sort(([one], [other]) => other.length - one.length);
  return (text) => {
    const named = sorted.reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
    return patterns.reduce((changed, [pattern, to]) => changed.replaceAll(pattern, to), named);
  };
}
