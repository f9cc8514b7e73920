/** The folder of a version, or, in a list of all files, the start of the path of a release file. */
const listedVersion = /["'/>](v\d+\.\d+\.\d+[-\w.+]*)(?:\/(?:databricks_cli_[^"'<]*)?)?["'<]/g;

/** The tags in the list of a mirror's folder, in HTML, JSON or XML. */
export function listedVersions(list: string): string[] {
  return [...list.matchAll(listedVersion)].map((match) => match[1] ?? "");
}

/**
 * What the parameter `marker` must be for the next page of an object store's list; undefined after the last page. A store that
 * does not name it continues after the last file (Amazon S3: ListObjects; Google Cloud Storage: XML API; Azure: List Blobs).
 */
export function nextMarker(list: string): string | undefined {
  const named = /<NextMarker>([^<]+)<\/NextMarker>/.exec(list)?.[1];
  if (named !== undefined) return unescaped(named);
  if (!/<IsTruncated>\s*true\s*<\/IsTruncated>/i.test(list)) return undefined;
  return unescaped([...list.matchAll(/<Key>([^<]*)<\/Key>/g)].at(-1)?.[1] ?? "");
}

const characters: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** The text that an XML element contains. */
function unescaped(xml: string): string {
  return xml.replace(
    /&(?:(lt|gt|quot|apos|amp)|#(\d{1,6})|#x([\da-f]{1,5}));/gi,
    (whole, name, decimal, hexadecimal) => {
      if (name !== undefined) return characters[String(name).toLowerCase()] ?? whole;
      return String.fromCodePoint(decimal !== undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16));
    },
  );
}
