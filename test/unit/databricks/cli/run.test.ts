import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type CliCommand, lineSplitter, runCli, workingFolder } from "../../../../tasks/common/databricks/cli/run.ts";
import { rememberSecret } from "../../../../tasks/common/pipeline/secrets.ts";

describe("Running the CLI", () => {
  let folder: string;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "cli-"));
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));

  function run(script: string, settings: Partial<CliCommand> = {}) {
    const lines: string[] = [];
    const result = runCli({
      executable: "/bin/sh",
      arguments: ["-c", script],
      workingDirectory: folder,
      environment: { PATH: "/usr/bin:/bin" },
      onLine: (line) => lines.push(line),
      stops: [],
      ...settings,
    });
    return { lines, result };
  }

  it("gives a folder as a program finds it that runs there", async () => {
    const link = path.join(folder, "link");
    fs.mkdirSync(path.join(folder, "real"));
    fs.symlinkSync("real", link);
    const { result } = run("pwd -P", { workingDirectory: link, captureStdout: true });
    expect(workingFolder(link)).toBe((await result).stdout.trim());
    expect(workingFolder(link)).toBe(path.join(fs.realpathSync(folder), "real"));
    expect(workingFolder(link, "win32")).toBe(link);
  });

  it("returns the exit code, and the lines of both streams or stdout as a whole", async () => {
    const shown = run("echo out; echo err >&2; exit 3");
    expect(await shown.result).toEqual({ exitCode: 3, stdout: "" });
    expect(shown.lines.sort()).toEqual(["err", "out"]);
    const captured = run("echo '{}'; echo err >&2", { captureStdout: true });
    expect(await captured.result).toEqual({ exitCode: 0, stdout: "{}\n" });
    expect(captured.lines).toEqual(["err"]);
  });

  it("closes stdin, so that a question ends the process instead of blocking it", async () => {
    expect(await run("read answer || exit 7").result).toMatchObject({ exitCode: 7 });
  });

  it("does not wait for a program that the CLI left running with its output open", async () => {
    const { lines, result } = run("echo done; (trap '' HUP; sleep 30) & echo $! >&2");
    expect(await result).toMatchObject({ exitCode: 0 });
    expect(lines).toContain("done");
    process.kill(Number(lines.find((line) => /^\d+$/.test(line))));
  });

  it("passes the given environment and nothing else", async () => {
    const { lines, result } = run("env", { environment: { PATH: "/usr/bin:/bin", ONLY: "this" } });
    await result;
    expect(lines.filter((line) => !/^(PATH|PWD|SHLVL|_|OLDPWD)=/.test(line))).toEqual(["ONLY=this"]);
  });

  it("rejects when the program does not exist", async () => {
    await expect(run("", { executable: path.join(folder, "none") }).result).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("stops the whole process group, and a second later also what ignores SIGTERM", async () => {
    const stop = new AbortController();
    const marker = path.join(folder, "alive");
    const { result } = run(`trap '' TERM; (while true; do date +%s%N > ${marker}; sleep 0.05; done) & wait`, {
      stops: [{ signal: stop.signal, afterMs: 0 }],
    });
    await vi.waitFor(() => expect(fs.existsSync(marker)).toBe(true), 30_000);
    stop.abort();
    expect(await result).toMatchObject({ exitCode: null });
    await sleep(200);
    const last = fs.readFileSync(marker, "utf8");
    await sleep(200);
    expect(fs.readFileSync(marker, "utf8")).toBe(last);
  });

  it("lets the process finish if it does so in time", async () => {
    const stop = new AbortController();
    const { lines, result } = run("sleep 0.3; echo done", { stops: [{ signal: stop.signal, afterMs: 30_000 }] });
    stop.abort();
    expect(await result).toMatchObject({ exitCode: 0 });
    expect(lines).toEqual(["done"]);
  });
});

function linesOf(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = lineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.write(Buffer.from(chunk));
  splitter.end();
  return lines;
}

describe("Splitting output into lines", () => {
  it("splits at LF, CR LF and single CR, as the agent does", () => {
    expect(linesOf("a\nb\r\nc\rd\n\ne")).toEqual(["a", "b", "c", "d", "", "e"]);
  });

  it("recognizes a line end, a character and a command that are split over two chunks", () => {
    const accented = Buffer.from("é\n");
    expect(linesOf("a\r", "\nb")).toEqual(["a", "b"]);
    expect(linesOf("a\r", "b\r")).toEqual(["a", "b"]);
    expect(linesOf(accented.subarray(0, 1), accented.subarray(1))).toEqual(["é"]);
    expect(linesOf("##v", "so[task.complete]", "\n")).toEqual(["##vso[task.complete]"]);
  });

  it("passes on text without a line end, in pieces if it is long", () => {
    expect(linesOf("no end")).toEqual(["no end"]);
    const long = "x".repeat(70_000);
    const pieces = linesOf(long, long, "\nnext");
    expect(pieces.join("")).toBe(`${long}${long}next`);
    expect(pieces.length).toBeGreaterThan(2);
  });

  it("cuts no secret in two, wherever it is in a long line", () => {
    const secret = "0123456789abcdefghijklmnopqrstuvwxyzAB";
    rememberSecret(secret);
    for (let shift = 0; shift <= secret.length + 1; shift += 1) {
      const before = "x".repeat(64 * 1024 - shift + 1);
      const pieces = linesOf(`${before}${secret.slice(0, shift)}`, `${secret.slice(shift)} y`, "z".repeat(70_000));
      expect(pieces.join("")).toBe(`${before}${secret} y${"z".repeat(70_000)}`);
      expect(pieces.filter((piece) => piece.includes(secret))).toHaveLength(1);
      expect(pieces.length).toBeGreaterThan(1);
    }
  });

  it("hides what is nothing but the beginning of secrets, once it fills the memory", { timeout: 180_000 }, () => {
    rememberSecret("#".repeat(1000));
    const pieces = linesOf(...Array<string>(20).fill("#".repeat(64 * 1024)), "\nnext");
    expect(pieces).toContain("***");
    expect(pieces.at(-1)).toBe("next");
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(700_000);
  });
});
