import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

interface Entry {
  readonly name: string;
  readonly content?: string | Buffer;
  /** File type and permissions as Unix has them; default 0100755. */
  readonly mode?: number;
  readonly compress?: boolean;
}

/** A zip archive with these entries, in this order. */
export function zip(...entries: readonly Entry[]): Promise<Buffer> {
  const file = new ZipFile();
  for (const { name, content = "", mode = 0o100755, compress = true } of entries) {
    file.addBuffer(Buffer.from(content), name, { mode, compress });
  }
  const bytes = buffer(file.outputStream);
  file.end();
  return bytes;
}

/** The archive with all occurrences of a name replaced by another one of the same length. */
export function renamed(archive: Buffer, from: string, to: string): Buffer {
  if (Buffer.byteLength(from) !== Buffer.byteLength(to)) throw new Error(`${from} and ${to} differ in length`);
  return Buffer.from(archive.toString("latin1").replaceAll(from, to), "latin1");
}

/** The archive with a 32-bit field of its first central directory entry replaced (16: CRC-32, 24: uncompressed size). */
export function withCentralField(archive: Buffer, offset: number, value: number): Buffer {
  const changed = Buffer.from(archive);
  const entry = changed.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
  changed.writeUInt32LE(value, entry + offset);
  return changed;
}

/** The archive with the encryption bit set in its first central directory entry. */
export function encrypted(archive: Buffer): Buffer {
  const changed = Buffer.from(archive);
  const flags = changed.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02])) + 8;
  changed.writeUInt16LE(changed.readUInt16LE(flags) | 1, flags);
  return changed;
}

export function sha256(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}
