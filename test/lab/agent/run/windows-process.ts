import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { X509Certificate } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { windowsPath } from "../../wine/paths.ts";
import { windowsProgram } from "../../wine/programs.ts";
import { wine } from "../../wine/wine.ts";
import { LinePump, LineSplitter } from "./lines.ts";
import type { ProcessSettings, TaskProcess } from "./process.ts";

const lookupId = "VSTS_PROCESS_LOOKUP_ID";

/**
 * Starts `node <script>` on Windows, through the program that has an agent's part there (wine/programs/cmd/winagent). Rejects
 * when the process cannot be started. `trustedCa` is the file of a CA that the machine trusts.
 */
export async function startWindowsProcess(settings: ProcessSettings, trustedCa?: string): Promise<TaskProcess> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "winagent-"));
  const report = path.join(folder, "report.json");
  const { [lookupId]: id } = settings.environment;
  // Wine hands its own environment down to all that a program starts, which shows in /proc.
  const inherited = id === undefined ? {} : { [lookupId]: id };
  const child = (await wine()).start(await windowsProgram("winagent"), [], inherited);
  const commands = (line: string) => void child.stdin.write(`${line}\n`);
  child.stdin.on("error", () => {});
  commands(JSON.stringify(orderOf(settings, trustedCa, report)));
  const exit = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      const { ExitCode, Failure } = readReport(report);
      fs.rmSync(folder, { recursive: true, force: true });
      if (Failure === "") resolve(ExitCode);
      else reject(new Error(Failure));
    });
  });
  exit.catch(() => {});
  const streams = readLines(child, settings.onLine);
  const pid = await Promise.race([pidOf(settings.file, exit), exit.then(() => 0)]);
  return {
    pid,
    finished: exit.then(async (code) => {
      // winagent itself has read on for as long as an agent does.
      await Promise.race([streams, delay(1_000, undefined, { ref: false })]);
      return code;
    }),
    abandon: () => {
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
    },
    signal: (name) => {
      if (name === "SIGINT") commands("interrupt");
      // In place of SIGTERM an agent sends Ctrl+Break, on which Wine ends the receiver's main thread (Windows: SIGBREAK).
      else if (name === "SIGKILL") commands("kill");
    },
  };
}

/** Resolves when both streams have ended and their lines are delivered. */
async function readLines(child: ChildProcessWithoutNullStreams, onLine: ProcessSettings["onLine"]): Promise<void> {
  const pump = new LinePump(onLine);
  const read = async (name: "stdout" | "stderr") => {
    const splitter = new LineSplitter();
    child[name].on("data", (chunk: Buffer) => pump.add(name, splitter.push(chunk)));
    child[name].once("end", () => pump.add(name, splitter.end()));
    await new Promise((resolve) => child[name].once("close", resolve).once("error", resolve));
  };
  await Promise.all([read("stdout"), read("stderr")]);
  pump.flush();
}

function orderOf(settings: ProcessSettings, trustedCa: string | undefined, report: string) {
  return {
    File: windowsPath(settings.file),
    Arguments: [windowsPath(settings.script)],
    Directory: windowsPath(settings.workingDirectory),
    Environment: Object.entries(settings.environment).map(([name, value]) => `${name}=${value}`),
    Trusted: trustedCa === undefined ? [] : [storeEntry(trustedCa)],
    Report: windowsPath(report),
  };
}

/** A certificate as Windows keeps it in the registry: the properties of its context, here only the certificate itself. */
function storeEntry(file: string) {
  const { fingerprint, raw } = new X509Certificate(fs.readFileSync(file));
  const header = Buffer.alloc(12);
  const [certificate, encodedAsX509] = [32, 1];
  for (const [index, value] of [certificate, encodedAsX509, raw.length].entries())
    header.writeUInt32LE(value, index * 4);
  return { Thumbprint: fingerprint.replaceAll(":", ""), Blob: Buffer.concat([header, raw]).toString("base64") };
}

function readReport(file: string): { ExitCode: number; Failure: string } {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as { ExitCode: number; Failure: string };
  } catch (error) {
    return { ExitCode: 0, Failure: `winagent did not report how the program ended: ${String(error)}` };
  }
}

/** The process of this machine that runs an agent's Node, as soon as it exists. */
async function pidOf(node: string, exit: Promise<unknown>): Promise<number> {
  const command = windowsPath(node);
  let ended = false;
  exit
    .catch(() => {})
    .finally(() => {
      ended = true;
    });
  while (!ended) {
    const found = fs.readdirSync("/proc").find((name) => /^\d+$/.test(name) && commandOf(name) === command);
    if (found !== undefined) return Number(found);
    await delay(10);
  }
  return 0;
}

/** The program of a process; empty for one that is gone. */
function commandOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "";
  } catch {
    return "";
  }
}
