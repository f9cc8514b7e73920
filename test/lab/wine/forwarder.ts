/** Where the section is in the file, and its address in memory relative to the DLL's. */
const section = { offset: 0x200, size: 0x200, address: 0x1000 };
const imageBase = 0x1_8000_0000n;

/**
 * A DLL for Windows on x64 without code, whose one export is another DLL's function: `forwarded` is `<dll>.<function>`.
 * (Microsoft: PE Format)
 */
export function forwarderDll(dll: string, exported: string, forwarded: string): Buffer {
  const file = Buffer.alloc(section.offset + section.size);
  const header = 0x40;
  file.write("MZ", 0, "latin1");
  file.writeUInt32LE(header, 0x3c);
  file.write("PE\0\0", header, "latin1");
  writeFileHeader(file.subarray(header + 4));
  writeOptionalHeader(file.subarray(header + 24));
  writeSectionHeader(file.subarray(header + 24 + optionalHeaderSize));
  writeExports(file.subarray(section.offset), { dll, exported, forwarded });
  return file;
}

const optionalHeaderSize = 240;

function writeFileHeader(header: Buffer): void {
  const x64 = 0x8664;
  header.writeUInt16LE(x64, 0);
  header.writeUInt16LE(1, 2); // sections
  header.writeUInt16LE(optionalHeaderSize, 16);
  header.writeUInt16LE(0x2022, 18); // executable, large addresses, DLL
}

function writeOptionalHeader(header: Buffer): void {
  header.writeUInt16LE(0x20b, 0); // PE32+
  header.writeUInt32LE(section.size, 8); // initialized data
  header.writeBigUInt64LE(imageBase, 24);
  header.writeUInt32LE(0x1000, 32); // alignment of sections in memory
  header.writeUInt32LE(0x200, 36); // and in the file
  header.writeUInt16LE(6, 40); // Windows Vista or later
  header.writeUInt16LE(6, 48);
  header.writeUInt32LE(section.address + 0x1000, 56); // size in memory
  header.writeUInt32LE(section.offset, 60); // size of all headers
  header.writeUInt16LE(3, 68); // console
  header.writeUInt16LE(0x100, 70); // data is never executed
  const [reserved, committed] = [0x10_0000n, 0x1000n];
  for (const offset of [72, 88]) {
    header.writeBigUInt64LE(reserved, offset);
    header.writeBigUInt64LE(committed, offset + 8);
  }
  header.writeUInt32LE(16, 108); // data directories, of which the first is the exports
  header.writeUInt32LE(section.address, 112);
  header.writeUInt32LE(section.size, 116);
}

function writeSectionHeader(header: Buffer): void {
  header.write(".rdata", 0, "latin1");
  header.writeUInt32LE(section.size, 8);
  header.writeUInt32LE(section.address, 12);
  header.writeUInt32LE(section.size, 16);
  header.writeUInt32LE(section.offset, 20);
  header.writeUInt32LE(0x4000_0040, 36); // initialized data, readable
}

/** A function whose address is inside the exports is a text that names another one. */
function writeExports(exports: Buffer, names: { dll: string; exported: string; forwarded: string }): void {
  const [functions, exportedNames, ordinals] = [40, 44, 48];
  let end = 50;
  const write = (text: string) => {
    const at = end;
    end += exports.write(`${text}\0`, at, "latin1");
    return section.address + at;
  };
  exports.writeUInt32LE(write(names.dll), 12);
  for (const count of [16, 20, 24]) exports.writeUInt32LE(1, count); // first ordinal, functions, names
  exports.writeUInt32LE(section.address + functions, 28);
  exports.writeUInt32LE(section.address + exportedNames, 32);
  exports.writeUInt32LE(section.address + ordinals, 36);
  exports.writeUInt32LE(write(names.forwarded), functions);
  exports.writeUInt32LE(write(names.exported), exportedNames);
}
