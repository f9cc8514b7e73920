import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { wine10 } from "../agents.ts";
import { cacheFolder } from "../cache-folder.ts";
import { withFileLock } from "../file-lock.ts";
import { debian13 } from "./debian13.ts";
import { forwarderDll } from "./forwarder.ts";
import { addDrive } from "./paths.ts";

const execute = promisify(execFile);
/** Where Debian and Ubuntu keep the 64-bit programs; the `wine` on PATH is a script there that also looks for 32-bit ones. */
const programs = { wine: "/usr/lib/wine/wine64", server: "/usr/lib/wine/wineserver64" };
/** In the name of the prefix; another number makes a new one. */
const prefixFormat = 1;
/** How long Wine's server waits for the next program, so that it does not start anew for each step. */
const serverLingersSeconds = 120;

/** Runs programs for Windows. */
export interface Wine {
  /** Starts a program with these additions to the environment of Wine itself, which programs for Windows do not see. */
  start(
    program: string,
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): ChildProcessWithoutNullStreams;
  /** Makes a folder of this machine the root of a drive or a share, e.g. `T:` or `\\server\share`. */
  mount(drive: string, folder: string): void;
  /** Makes a file's CA one that the machine trusts: Wine 10 replaces its own trust store with the machine's. */
  readonly trust?: ((file: string) => void) | undefined;
  /** What a program writes to stdout. Rejects when it fails. */
  run(program: string, ...args: readonly string[]): Promise<string>;
}

let prepared: Promise<Wine> | undefined;

/** Prepares Wine, once on a machine. Throws an error that names what to install when it is missing. */
export function wine(): Promise<Wine> {
  prepared ??= prepareWine(wine10);
  return prepared;
}

/** The Wine that the lab uses: how its programs are started. */
interface Installation {
  readonly trust?: (file: string) => void;
  command(program: string, args: readonly string[]): readonly [file: string, args: string[]];
}

/** The one that the machine has. Throws an error that names what to install when it is missing. */
function machinesWine(): Installation {
  const missing = Object.values(programs).filter((program) => !fs.existsSync(program));
  if (missing.length > 0) {
    const install = "apt-get install --no-install-recommends wine64 wine";
    throw new Error(
      `Windows agents need 64-bit Wine, and ${missing.join(", ")} is missing (Debian, Ubuntu: ${install}).`,
    );
  }
  return { command: (program, args) => [program, [...args]] };
}

/** Prepares the machine's own Wine, or Wine 10. */
export async function prepareWine(ten: boolean): Promise<Wine> {
  const { command, trust }: Installation = ten ? await debian13() : machinesWine();
  const { stdout: version } = await execute(...command(programs.wine, ["--version"]));
  const prefix = path.join(cacheFolder(), `${version.trim().split(" ")[0]}-${prefixFormat}`);
  await withFileLock(`${prefix}.lock`, async () => {
    if (!fs.existsSync(prefix)) await createPrefix(prefix, command);
  });
  const env = wineEnvironment(prefix);
  // It goes to the background with its standard streams, and ends at once where one runs already.
  const server = command(programs.server, [`-p${serverLingersSeconds}`]);
  await once(spawn(...server, { env, stdio: "ignore" }), "exit");
  return {
    trust,
    start: (program, args, environment = {}) =>
      spawn(...command(programs.wine, [program, ...args]), { env: { ...env, ...environment } }),
    mount(drive, folder) {
      const device = drive.toLowerCase().replaceAll("\\", "/").replace(/^\/\//, "unc/");
      const link = path.join(prefix, "dosdevices", device);
      fs.mkdirSync(path.dirname(link), { recursive: true });
      fs.rmSync(link, { force: true });
      fs.symlinkSync(folder, link);
      addDrive(drive, folder);
    },
    run: async (program, ...args) => (await execute(...command(programs.wine, [program, ...args]), { env })).stdout,
  };
}

/** Makes a Windows 10 with what programs that are built with Go need and Wine 8 does not have. */
async function createPrefix(prefix: string, command: Installation["command"]): Promise<void> {
  const unfinished = `${prefix}.${process.pid}.tmp`;
  const env = wineEnvironment(unfinished);
  try {
    await execute(...command(programs.wine, ["wineboot", "--init"]), { env });
    await execute(...command(programs.wine, ["winecfg", "-v", "win10"]), { env });
    await execute(...command(programs.server, ["--wait"]), { env });
    const library = path.join(unfinished, "drive_c", "windows", "system32", "bcryptprimitives.dll");
    if (!fs.existsSync(library)) {
      // Both fill a buffer with random bytes (Go: runtime/os_windows.go).
      const content = forwarderDll("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036");
      fs.writeFileSync(library, content);
    }
    fs.renameSync(unfinished, prefix);
  } finally {
    fs.rmSync(unfinished, { recursive: true, force: true });
  }
}

function wineEnvironment(prefix: string): Record<string, string> {
  return {
    PATH: "/usr/bin:/bin",
    // Wine would make folders in the user's own.
    HOME: prefix,
    LC_ALL: "C.UTF-8",
    WINEPREFIX: prefix,
    WINESERVER: programs.server,
    WINEDEBUG: "-all",
    WINEDLLOVERRIDES: "mscoree,mshtml=;winemenubuilder.exe=d",
  };
}
