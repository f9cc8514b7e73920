/**
 * Tag names in the answer of a git server to `info/refs?service=git-upload-pack`, whose lines begin with their length in four
 * hexadecimal digits (gitprotocol-http). Undefined when the text is not such an answer. An incomplete answer contains only some
 * of the tags: the newest come last.
 */
export function tagsOfAdvertisement(text: string): string[] | "incomplete" | undefined {
  const lines = pktLines(Buffer.from(text));
  if (lines[0]?.trim() !== "# service=git-upload-pack") return undefined;
  // The answer ends with the same marker as each of its sections.
  if (lines.at(-1) !== marker) return "incomplete";
  return lines.flatMap((line) => /^[0-9a-f]{40,64} refs\/tags\/([^\0\n^]+)/.exec(line ?? "")?.[1] ?? []);
}

const marker = undefined;

/** Splits the answer into its lines, as far as it consists of lines. Their lengths count bytes, not characters. */
function pktLines(bytes: Buffer): (string | typeof marker)[] {
  const lines: (string | typeof marker)[] = [];
  for (let position = 0; position < bytes.length; ) {
    const digits = bytes.toString("latin1", position, position + 4);
    if (!/^[0-9a-f]{4}$/i.test(digits)) break;
    const length = Number.parseInt(digits, 16);
    // Lengths below 4 are markers (0000 ends a section), not lines.
    lines.push(length < 4 ? marker : bytes.toString("utf8", position + 4, position + length));
    position += Math.max(length, 4);
  }
  return lines;
}
