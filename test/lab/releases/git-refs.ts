import { createHash } from "node:crypto";

/** A version tag of the repository. Annotated tags are listed twice: as a tag object, and as the commit it names. */
export interface Tag {
  readonly name: string;
  readonly annotated: boolean;
}

/** The advertisement of refs in git's smart HTTP protocol (version 0), as `git ls-remote` and installers read it. */
export function advertiseRefs(tags: readonly Tag[]): Buffer {
  const head = objectId("commit main");
  const refs = [
    { name: "refs/heads/main", id: head },
    ...tags.flatMap(({ name, annotated }) => [
      { name: `refs/tags/${name}`, id: objectId(annotated ? `tag ${name}` : `commit ${name}`) },
      ...(annotated ? [{ name: `refs/tags/${name}^{}`, id: objectId(`commit ${name}`) }] : []),
    ]),
  ].sort((left, right) => (left.name < right.name ? -1 : 1));
  const capabilities =
    "multi_ack thin-pack side-band side-band-64k ofs-delta shallow no-progress include-tag " +
    "symref=HEAD:refs/heads/main object-format=sha1 agent=git/github-lab";
  const lines = [`${head} HEAD\0${capabilities}\n`, ...refs.map(({ name, id }) => `${id} ${name}\n`)];
  return Buffer.from(`${pktLine("# service=git-upload-pack\n")}${flush}${lines.map(pktLine).join("")}${flush}`);
}

const flush = "0000";

/** A line with its length, four hexadecimal digits that count themselves. */
function pktLine(line: string): string {
  return `${(Buffer.byteLength(line) + 4).toString(16).padStart(4, "0")}${line}`;
}

function objectId(content: string): string {
  return createHash("sha1").update(content).digest("hex");
}
