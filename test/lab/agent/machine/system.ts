import { execFileSync } from "node:child_process";
import path from "node:path";
import { machinePath, translated, windowsPathVariable } from "../../wine/paths.ts";
import { windowsNodeVersion } from "../../wine/programs.ts";

/** The system that tasks run on, as far as an agent is different there. */
export interface System {
  /** Agent.OS */
  readonly name: "Linux" | "Windows_NT";
  /** The agent process's own environment without the settings of a test. */
  baseEnvironment(home: string): Record<string, string>;
  /** What a process gets of these variables. */
  environment(variables: Readonly<Record<string, string>>): Record<string, string>;
  /** A path in a command of a task, as a path of this machine. */
  machinePath(file: string): string;
  nodeVersion(node: string): string;
}

export const linux: System = {
  name: "Linux",
  // PATH without npm's additions, and nothing else of the lab's own environment.
  baseEnvironment: (home) => {
    const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("/node_modules/"));
    return { PATH: folders.join(":"), HOME: home, LANG: "C.UTF-8" };
  },
  environment: (variables) => ({ ...variables }),
  machinePath: (file) => file,
  nodeVersion: (node) => execFileSync(node, ["--version"], { encoding: "utf8" }).trim().slice(1),
};

/** Windows under Wine: what the lab itself handles are paths of this machine; what programs get and write are Windows'. */
export const windows: System = {
  name: "Windows_NT",
  baseEnvironment: (home) => ({
    PATH: "",
    USERPROFILE: home,
    TEMP: path.join(home, "Temp"),
    TMP: path.join(home, "Temp"),
    APPDATA: path.join(home, "AppData", "Roaming"),
    LOCALAPPDATA: path.join(home, "AppData", "Local"),
    SystemRoot: "C:\\windows",
    SystemDrive: "C:",
    windir: "C:\\windows",
    ComSpec: "C:\\windows\\system32\\cmd.exe",
    PATHEXT: ".COM;.EXE;.BAT;.CMD;.VBS;.JS",
    ProgramData: "C:\\ProgramData",
    ProgramFiles: "C:\\Program Files",
    OS: "Windows_NT",
    NUMBER_OF_PROCESSORS: "2",
    PROCESSOR_ARCHITECTURE: "AMD64",
  }),
  environment: (variables) => {
    const entries = Object.entries(withoutRepeatedNames(variables));
    return Object.fromEntries(
      entries.map(([name, value]) =>
        name.toUpperCase() === "PATH" ? ["Path", windowsPathVariable(value)] : [name, translated(value)],
      ),
    );
  },
  machinePath,
  nodeVersion: windowsNodeVersion,
};

/** Names differ in more than case: the last value counts, under the first spelling (agent: VarUtil.cs). */
function withoutRepeatedNames(variables: Readonly<Record<string, string>>): Record<string, string> {
  const found = new Map<string, [name: string, value: string]>();
  for (const [name, value] of Object.entries(variables)) {
    const [first] = found.get(name.toUpperCase()) ?? [name];
    found.set(name.toUpperCase(), [first, value]);
  }
  return Object.fromEntries(found.values());
}
