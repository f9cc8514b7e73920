import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askVersion } from "../../../../tasks/common/databricks/cli/ask-version.ts";

describe("Asking a program for its version", () => {
  let folder: string;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "cli-"));
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));

  function script(text: string): string {
    const file = path.join(folder, `cli-${fs.readdirSync(folder).length}`);
    fs.writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return file;
  }

  const versionOf = (executable: string, withinMs = 20_000) =>
    askVersion({
      executable,
      environment: { PATH: "/usr/bin:/bin" },
      withinMs,
      cancel: new AbortController().signal,
    });

  it.each([
    ["1.13.0", "1.13.0"],
    ["v1.13.0", "1.13.0"],
    ["0.0.0-dev+6d41e9d", "0.0.0-dev"],
  ])("takes the version from the JSON that the program prints: %s", async (printed, version) => {
    expect(await versionOf(script(`printf '{"ProjectName":"cli","Version":"${printed}"}'`))).toBe(version);
  });

  it("does not take another text for a version", async () => {
    const answer = await versionOf(script(`printf '{"Version":"latest"}'`));
    expect(answer).toMatchObject({ words: 'it reported no version: {"Version":"latest"}' });
  });

  it("gives the system's error for a program that does not start, because it is open for writing", async () => {
    const file = path.join(folder, "busy");
    fs.copyFileSync("/bin/true", file);
    const descriptor = fs.openSync(file, "r+");
    expect(await versionOf(file)).toMatchObject({ code: "ETXTBSY", words: expect.stringContaining("ETXTBSY: ") });
    fs.closeSync(descriptor);
  });

  it("gives the first line that the program wrote in place of a version", async () => {
    expect(await versionOf(script("echo first >&2; echo second >&2; exit 4"))).toEqual({
      code: "4",
      words: "it ended with exit code 4: first",
    });
  });

  it("closes the program's stdin, so that it cannot wait for an answer", async () => {
    const file = script(`read -r answer; printf '{"Version":"1.0.%s"}' "\${#answer}"`);
    expect(await versionOf(file)).toBe("1.0.0");
  });

  it("does not wait for a program that the program left running and that keeps its output open", async () => {
    const pids = path.join(folder, "left-running");
    const file = script(`setsid sleep 60 & echo $! > ${pids}; printf '{"Version":"1.13.0"}'`);
    expect(await versionOf(file)).toBe("1.13.0");
    process.kill(Number(fs.readFileSync(pids, "utf8")));
  });

  it("ends a program that hangs, with all that it started", async () => {
    const pids = path.join(folder, "hanging");
    const file = script(`sleep 60 & echo $! > ${pids}; wait`);
    expect(await versionOf(file, 4_500)).toMatchObject({
      code: "timeout",
      words: "it did not end within 4.5 seconds",
    });
    const pid = fs.readFileSync(pids, "utf8").trim();
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it("ends a program that writes without end", async () => {
    const answer = await versionOf(script("exec yes databricks"));
    expect(answer).toMatchObject({ code: "too much output", words: "it wrote more than 1 MB" });
  });

  it("does not accept the version of a program that fails", async () => {
    const answer = await versionOf(script(`printf '{"Version":"1.13.0"}'; exit 3`));
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
    expect(await versionOf(script(text))).toHaveProperty("legacy");
  });

  it.each([
    "echo hello",
    "echo Databricks CLI v0.212.0",
    'echo \'Error: unknown command "version" for "databricks"\' >&2; exit 1',
    "echo 'Error: No such command versions.' >&2; exit 2",
  ])("does not take another program for the legacy CLI: %s", async (text) => {
    expect(await versionOf(script(text))).not.toHaveProperty("legacy");
  });

  it.each([
    ["exit 3", "it ended with exit code 3 and wrote nothing"],
    ["exit 0", "it reported no version and wrote nothing"],
    ["echo hello", "it reported no version: hello"],
    ["kill -TERM $$", "it was ended by SIGTERM and wrote nothing"],
  ])("says how a program ended that reported no version: %s", async (text, words) => {
    expect(await versionOf(script(text))).toMatchObject({ words });
  });

  it("shows the last line of a Python stack trace", async () => {
    const text = "printf 'Traceback (most recent call last):\\n  File x\\nImportError: no yaml\\n' >&2; exit 1";
    expect(await versionOf(script(text))).toMatchObject({
      words: "it ended with exit code 1: ImportError: no yaml",
    });
  });

  it("names the missing interpreter, not a missing file", async () => {
    const file = path.join(folder, "no-interpreter");
    fs.writeFileSync(file, "#!/nonexistent/python3\n", { mode: 0o755 });
    expect(await versionOf(file)).toMatchObject({
      code: "ENOENT",
      words: "the system did not start it (ENOENT: its interpreter or program loader is not on this agent)",
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
