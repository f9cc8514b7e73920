import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askVersion, builtFor, runnableVersion } from "../../../../tasks/DatabricksCliInstaller/cli/executable.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";

const platform = agentPlatform("Linux", "X64");
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

describe("Asking an executable for its version", () => {
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

  it("takes the version from the JSON that the executable prints", async () => {
    expect(await askVersion(script(`printf '{"ProjectName":"cli","Version":"1.13.0"}'`), never)).toBe("1.13.0");
  });

  it("shows the executable no secret of the agent", async () => {
    process.env["SECRET_TOKEN"] = "hidden";
    const version = await askVersion(script(`printf '{"Version":"1.0.%s"}' \${#SECRET_TOKEN}`), never);
    delete process.env["SECRET_TOKEN"];
    expect(version).toBe("1.0.0");
  });

  it("reports an executable that may not run", async () => {
    const file = script("true", 0o644);
    await expect(runnableVersion(file, platform, never)).rejects.toThrow(
      /This agent is not allowed to run \S+ \(EACCES\)/,
    );
  });

  describe("An executable that the system does not start, because it is open for writing", () => {
    function busy(content: Buffer): { file: string; close: () => void } {
      const file = path.join(folder, `busy-${fs.readdirSync(folder).length}`);
      fs.writeFileSync(file, content, { mode: 0o755 });
      const descriptor = fs.openSync(file, "r+");
      return { file, close: () => fs.closeSync(descriptor) };
    }

    it("gives the system's error for an executable that it does not start", async () => {
      const { file, close } = busy(fs.readFileSync("/bin/true"));
      expect(await askVersion(file, never)).toEqual({ code: "ETXTBSY", text: "spawn ETXTBSY" });
      close();
    });

    it("still reports an executable that is built for another processor", async () => {
      const { file, close } = busy(head({ 0: [0x7f, 0x45, 0x4c, 0x46], 18: [0xb7, 0] }));
      await expect(runnableVersion(file, platform, never)).rejects.toThrow(/is built for linux\/arm64/);
      close();
    });
  });

  it("gives the first line that the executable wrote in place of a version", async () => {
    expect(await askVersion(script("echo first >&2; echo second >&2; exit 4"), never)).toEqual({
      code: "4",
      text: "first",
    });
  });

  it("ends the executable when the step is cancelled", async () => {
    const cancel = new AbortController();
    const asked = runnableVersion(script("exec sleep 60"), platform, cancel.signal);
    cancel.abort();
    await expect(asked).rejects.toThrow("canceled");
  });
});
