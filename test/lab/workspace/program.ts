import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fields } from "./exchange.ts";

/** The workspace's server process. */
export interface WorkspaceProgram {
  /** Where it listens, on loopback. */
  readonly url: string;
  readonly pid: number;
  /** Ends the process. */
  stop(): Promise<void>;
}

const stopGraceMs = 2_000;

/** Starts the workspace's server and waits until it listens. Throws what it wrote when it does not start. */
export async function startProgram(path: string): Promise<WorkspaceProgram> {
  const child = spawn(path, { env: environment(), stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const url = await firstUrl(child, path);
  return { url, pid: child.pid ?? 0, stop: () => stop(child, ended) };
}

/** No PATH: with Python in reach, the server would build virtual environments and run every task of a job. */
function environment(): NodeJS.ProcessEnv {
  const { SystemRoot, TMPDIR, TEMP } = process.env;
  return { PATH: "", ...(SystemRoot && { SystemRoot }), ...(TMPDIR && { TMPDIR }), ...(TEMP && { TEMP }) };
}

function firstUrl(child: ChildProcess, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaints = "";
    child.stderr?.on("data", (chunk) => {
      complaints = (complaints + chunk).slice(-4_000);
    });
    child.once("error", (error) => reject(new Error(`Cannot start the workspace ${path}: ${error.message}`)));
    child.once("close", (code) => reject(new Error(`The workspace ${path} ended with ${code}: ${complaints}`)));
    if (child.stdout) {
      createInterface({ input: child.stdout }).once("line", (line) => {
        const { url } = fields(line);
        typeof url === "string"
          ? resolve(url)
          : reject(new Error(`The workspace ${path} printed '${line}' instead of its URL`));
      });
    }
  });
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  const killer = setTimeout(() => child.kill("SIGKILL"), stopGraceMs);
  child.stdin?.end();
  await ended;
  clearTimeout(killer);
}
