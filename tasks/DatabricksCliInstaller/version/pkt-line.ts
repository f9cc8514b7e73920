/**
 * Tag names in the answer of a git server to `info/refs?service=git-upload-pack`: lines with four hexadecimal digits of
 * length in front (gitprotocol-http). Undefined when the text is no such answer.
 */
export function tagsOfAdvertisement(text: string): string[] | undefined {
  const lines = pktLines(Buffer.from(text));
  if (lines?.[0]?.trim() !== "# service=git-upload-pack") return undefined;
  return lines.flatMap((line) => /^[0-9a-f]{40,64} refs\/tags\/([^\0\n^]+)/.exec(line)?.[1] ?? []);
}

/** Lengths count bytes, not characters. */
function pktLines(bytes: Buffer): string[] | undefined {
  const lines: string[] = [];
  for (let position = 0; position < bytes.length; ) {
    const digits = bytes.toString("latin1", position, position + 4);
    if (!/^[0-9a-f]{4}$/i.test(digits)) return undefined;
    // Lengths below 4 are markers (0000 ends a section), not lines.
    const length = Math.max(Number.parseInt(digits, 16), 4);
    lines.push(bytes.toString("utf8", position + 4, position + length));
    position += length;
  }
  return lines;
}
