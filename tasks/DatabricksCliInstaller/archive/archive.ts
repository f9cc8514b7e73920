/** A release archive in memory; nothing of it has been used before its SHA-256 was compared. */
export interface Archive {
  readonly name: string;
  readonly bytes: Buffer;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}
