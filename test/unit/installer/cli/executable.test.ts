import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtFor, runnableVersion } from "../../../../tasks/DatabricksCliInstaller/cli/executable.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";
import { waitWhileBusy } from "../../../../tasks/DatabricksCliInstaller/while-busy.ts";

const platform = agentPlatform("Linux", "X64");
const linux = { platform, whileBusy: waitWhileBusy(platform) };
const never = new AbortController().signal;

function head(bytes: Record<number, number[]>): Buffer {
  const buffer = Buffer.alloc(256);
  for (const [offset, values] of Object.entries(bytes)) Buffer.from(values).copy(buffer, Number(offset));
  return buffer;
}

describe("An executable's first bytes", () => {
  const elf = [0x7f, 0x45, 0x4c, 0x46];
  const macho = [0xcf, 0xfa, 0xed, 0xfe];
  const [mz, pe] = [
    [0x4d, 0x5a],
    [0x50, 0x45, 0, 0],
  ] as const;

  it.each<[string | undefined, Buffer]>([
    ["linux/amd64", head({ 0: elf, 18: [0x3e, 0] })],
    ["linux/arm64", head({ 0: elf, 18: [0xb7, 0] })],
    ["linux/another processor architecture", head({ 0: elf, 18: [0xf3, 0] })],
    ["darwin/amd64", head({ 0: macho, 4: [7, 0, 0, 1] })],
    ["darwin/arm64", head({ 0: macho, 4: [0x0c, 0, 0, 1] })],
    ["windows/amd64", head({ 0: [...mz], 60: [128, 0, 0, 0], 128: [...pe, 0x64, 0x86] })],
    ["windows/arm64", head({ 0: [...mz], 60: [128, 0, 0, 0], 128: [...pe, 0x64, 0xaa] })],
    [undefined, head({ 0: [...mz], 60: [255, 255, 0, 0] })],
    [undefined, Buffer.from("#!/bin/sh\necho hello\n".padEnd(200))],
    [undefined, Buffer.from("MZ")],
  ])("recognizes by the first bytes what an executable is built for: %s", (expected, bytes) =>
    expect(builtFor(bytes)).toBe(expected),
  );
});

describe("A new executable", () => {
  let folder: string;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "cli-"));
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));

  function script(text: string, mode = 0o755): string {
    const file = path.join(folder, `cli-${fs.readdirSync(folder).length}`);
    fs.writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode });
    return file;
  }

  it("is not shown a secret of the agent", async () => {
    process.env["SECRET_TOKEN"] = "hidden";
    const version = await runnableVersion(script(`printf '{"Version":"1.0.%s"}' \${#SECRET_TOKEN}`), linux, never);
    delete process.env["SECRET_TOKEN"];
    expect(version).toBe("1.0.0");
  });

  it("is reported if it may not run", async () => {
    const file = script("true", 0o644);
    await expect(runnableVersion(file, linux, never)).rejects.toThrow(
      /This agent is not allowed to run \S+ \(EACCES\)/,
    );
  });

  it("is reported as built for another processor even if it is open for writing", async () => {
    const file = path.join(folder, "busy");
    fs.writeFileSync(file, head({ 0: [0x7f, 0x45, 0x4c, 0x46], 18: [0xb7, 0] }), { mode: 0o755 });
    const descriptor = fs.openSync(file, "r+");
    await expect(runnableVersion(file, linux, never)).rejects.toThrow(/is built for linux\/arm64/);
    fs.closeSync(descriptor);
  });

  it("is ended when the step is canceled", async () => {
    const cancel = new AbortController();
    const asked = runnableVersion(script("exec sleep 60"), linux, cancel.signal);
    cancel.abort();
    await expect(asked).rejects.toThrow("canceled");
  });

  describe("A virus scanner that has the new executable open on Windows", () => {
    const windows = agentPlatform("Windows_NT", "X64");

    /** A Windows cache in which time does not pass; \`onWait\` is called with the number of waits so far. */
    function windowsCache(onWait: (waits: number) => void) {
      const lines: string[] = [];
      let waits = 0;
      const clock = { wait: async () => onWait(++waits), print: (line: string) => void lines.push(line) };
      return { platform: windows, whileBusy: waitWhileBusy(windows, undefined, clock), lines, waits: () => waits };
    }

    it("is waited for before the first start", async () => {
      const file = script(`printf '{"Version":"1.13.0"}'`, 0o644);
      const cache = windowsCache((waits) => waits === 8 && fs.chmodSync(file, 0o755));
      expect(await runnableVersion(file, cache, never)).toBe("1.13.0");
      expect(cache.waits()).toBe(8);
      expect(cache.lines).toHaveLength(1);
    });

    it("is named when it keeps the executable open for longer", async () => {
      const file = script("true", 0o644);
      const cache = windowsCache(() => {});
      await expect(runnableVersion(file, cache, never)).rejects.toThrow(/not allowed to run \S+ \(EACCES\)/);
      expect(cache.lines).toHaveLength(1);
    });

    it("is not waited for when the executable is built for another platform", async () => {
      const file = path.join(folder, "other-platform");
      fs.writeFileSync(file, head({ 0: [0x7f, 0x45, 0x4c, 0x46], 18: [0xb7, 0] }), { mode: 0o644 });
      const cache = windowsCache(() => {});
      await expect(runnableVersion(file, cache, never)).rejects.toThrow(/is built for linux\/arm64/);
      expect(cache.waits()).toBe(0);
    });

    it("is not expected on other systems", async () => {
      const startedAt = Date.now();
      await expect(runnableVersion(script("true", 0o644), linux, never)).rejects.toThrow("EACCES");
      expect(Date.now() - startedAt).toBeLessThan(5_000);
    });
  });
});
