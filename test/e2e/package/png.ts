/** Width and height of a PNG, in pixels. */
export function pngSize(file: Uint8Array): { width: number; height: number } {
  const view = new DataView(file.buffer, file.byteOffset);
  if (view.getUint32(0) !== 0x89504e47) throw new Error("This is not a PNG.");
  // PNG specification: the IHDR chunk comes first.
  return { width: view.getUint32(16), height: view.getUint32(20) };
}
