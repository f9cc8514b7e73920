import type { Platform } from "../platform.ts";

/** What an executable's first bytes say it was built for; undefined when they are of no known format. */
export function builtFor(head: Buffer): string | undefined {
  if (head.length < 64) return undefined;
  if (head.readUInt32BE(0) === 0x7f454c46) return named("linux", elfMachines[head.readUInt16LE(18)]);
  if (head.readUInt32LE(0) === 0xfeedfacf) return named("darwin", machCpus[head.readUInt32LE(4)]);
  if (head.toString("latin1", 0, 2) !== "MZ") return undefined;
  const header = head.readUInt32LE(60);
  if (header + 6 > head.length || head.toString("latin1", header, header + 2) !== "PE") return undefined;
  return named("windows", peMachines[head.readUInt16LE(header + 4)]);
}

/** The same words for the agent's platform. */
export function nameOf(platform: Pick<Platform, "os" | "arch">): string {
  return `${platform.os}/${platform.arch}`;
}

const elfMachines: Record<number, string> = { 62: "amd64", 183: "arm64", 3: "386", 40: "arm" };
const machCpus: Record<number, string> = { 16777223: "amd64", 16777228: "arm64" };
const peMachines: Record<number, string> = { 34404: "amd64", 43620: "arm64", 332: "386" };

function named(os: string, arch: string | undefined): string {
  return `${os}/${arch ?? "another processor"}`;
}
