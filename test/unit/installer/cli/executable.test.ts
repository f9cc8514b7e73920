import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askVersion, builtFor, runnableVersion } from "../../../../tasks/DatabricksCliInstaller/cli/executable.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";
import { waitWhileBusy } from "../../../../tasks/DatabricksCliInstaller/while-busy.ts";

const platform = agentPlatform("Linux", "X64");
const linux = { platform, whileBusy: waitWhileBusy(platform) };
const patienceMs = 20_000;
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
    expect(await askVersion(script(`printf '{"ProjectName":"cli","Version":"1.13.0"}'`), never, patienceMs)).toBe(
      "1.13.0",
    );
  });

  it("shows the executable no secret of the agent", async () => {
    process.env["SECRET_TOKEN"] = "hidden";
    const version = await askVersion(script(`printf '{"Version":"1.0.%s"}' \${#SECRET_TOKEN}`), never, patienceMs);
    delete process.env["SECRET_TOKEN"];
    expect(version).toBe("1.0.0");
  });

  it("reports an executable that may not run", async () => {
    const file = script("true", 0o644);
    await expect(runnableVersion(file, linux, never)).rejects.toThrow(
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
      expect(await askVersion(file, never, patienceMs)).toMatchObject({ code: "ETXTBSY", text: "spawn ETXTBSY" });
      close();
    });

    it("still reports an executable that is built for another processor", async () => {
      const { file, close } = busy(head({ 0: [0x7f, 0x45, 0x4c, 0x46], 18: [0xb7, 0] }));
      await expect(runnableVersion(file, linux, never)).rejects.toThrow(/is built for linux\/arm64/);
      close();
    });
  });

  it("gives the first line that the executable wrote in place of a version", async () => {
    expect(await askVersion(script("echo first >&2; echo second >&2; exit 4"), never, patienceMs)).toEqual({
      code: "4",
      text: "first",
      words: "it ended with 4: first",
    });
  });

  it("ends the executable when the step is cancelled", async () => {
    const cancel = new AbortController();
    const asked = runnableVersion(script("exec sleep 60"), linux, cancel.signal);
    cancel.abort();
    await expect(asked).rejects.toThrow("canceled");
  });

  it("closes the executable's stdin, so that it cannot wait for an answer", async () => {
    const file = script(`read -r answer; printf '{"Version":"1.0.%s"}' "\${#answer}"`);
    expect(await askVersion(file, never, patienceMs)).toBe("1.0.0");
  });

  it("does not wait for a program that the executable left running and that keeps its output open", async () => {
    const startedAt = Date.now();
    const pids = path.join(folder, "left-running");
    const file = script(`setsid sleep 60 & echo $! > ${pids}; printf '{"Version":"1.13.0"}'`);
    expect(await askVersion(file, never, patienceMs)).toBe("1.13.0");
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    process.kill(Number(fs.readFileSync(pids, "utf8")));
  });

  it("ends an executable that hangs, with all that it started", async () => {
    const pids = path.join(folder, "hanging");
    const file = script(`sleep 60 & echo $! > ${pids}; wait`);
    expect(await askVersion(file, never, 500)).toMatchObject({
      code: "timeout",
      words: "it did not end within 0.5 seconds",
    });
    const pid = fs.readFileSync(pids, "utf8").trim();
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it("ends an executable that writes without end", async () => {
    const answer = await askVersion(script("exec yes databricks"), never, patienceMs);
    expect(answer).toMatchObject({ code: "too much output", words: "it wrote more than 1 MB" });
  });

  it("does not accept the version of an executable that fails", async () => {
    const answer = await askVersion(script(`printf '{"Version":"1.13.0"}'; exit 3`), never, patienceMs);
    expect(answer).toMatchObject({ code: "3" });
  });

  it.each<[string, string]>([
    [
      "an unknown command",
      "cat >&2 <<'END'\nUsage: databricks [OPTIONS] COMMAND [ARGS]...\nTry 'databricks --help' for help.\n\nError: No such command 'version'.\nEND\nexit 2",
    ],
    ["an unknown command in older words", `echo 'Error: No such command "version".' >&2; exit 2`],
    ["its version", "echo Version 0.18.0"],
    [
      "a stack trace of an incomplete installation",
      "cat >&2 <<'END'\nTraceback (most recent call last):\n  File \"/usr/bin/databricks\", line 4, in <module>\nModuleNotFoundError: No module named 'databricks_cli'\nEND\nexit 1",
    ],
  ])("recognizes the legacy CLI by %s", async (_, text) => {
    expect(await askVersion(script(text), never, patienceMs)).toHaveProperty("legacy");
  });

  it.each([
    "echo hello",
    "echo Databricks CLI v0.212.0",
    'echo \'Error: unknown command "version" for "databricks"\' >&2; exit 1',
    "echo 'Error: No such command versions.' >&2; exit 2",
  ])("does not take another program for the legacy CLI: %s", async (text) => {
    expect(await askVersion(script(text), never, patienceMs)).not.toHaveProperty("legacy");
  });

  it("reports an executable that writes nothing", async () => {
    expect(await askVersion(script("exit 3"), never, patienceMs)).toMatchObject({
      words: "it ended with 3 and wrote nothing",
    });
  });

  it("shows the last line of a Python stack trace", async () => {
    const text = "printf 'Traceback (most recent call last):\\n  File x\\nImportError: no yaml\\n' >&2; exit 1";
    expect(await askVersion(script(text), never, patienceMs)).toMatchObject({ text: "ImportError: no yaml" });
  });

  it("names the missing interpreter, not a missing file", async () => {
    const file = path.join(folder, "no-interpreter");
    fs.writeFileSync(file, "#!/nonexistent/python3\n", { mode: 0o755 });
    expect(await askVersion(file, never, patienceMs)).toMatchObject({
      code: "ENOENT",
      words: "the system did not start it (ENOENT: its interpreter or program loader is not on this agent)",
    });
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

/** Whether a process exists and is not a zombie. */
function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
