import { describe, expect, it } from "vitest";
import { claimName, replaceFile } from "../../../../tasks/DatabricksCliInstaller/cache/rename.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";
import { waitWhileBusy } from "../../../../tasks/DatabricksCliInstaller/while-busy.ts";

/** A tool cache on a platform whose waits take no time. */
function cacheOn(system: string) {
  const platform = agentPlatform(system, "X64");
  const waits: number[] = [];
  const lines: string[] = [];
  const clock = { wait: async (ms: number) => void waits.push(ms), print: (line: string) => void lines.push(line) };
  return { platform, whileBusy: waitWhileBusy(platform, undefined, clock), waits, lines };
}

const linux = cacheOn("Linux");

describe("Renaming", () => {
  /** A file system whose renames fail with these codes, one after the other, before they succeed. */
  function failing(codes: readonly string[], exists = false) {
    const renames: string[] = [];
    const left = [...codes];
    return {
      renames,
      existsSync: () => exists,
      renameSync(from: string, to: string) {
        renames.push(`${from} > ${to}`);
        const code = left.shift();
        if (code) throw Object.assign(new Error(code), { code });
      },
    };
  }

  it("waits on Windows while a virus scanner has the folder open", async () => {
    const files = failing(["EPERM", "EBUSY"]);
    expect(await claimName("new", "folder", cacheOn("Windows_NT"), files)).toBe(true);
    expect(files.renames).toHaveLength(3);
  });

  it.each<[string, boolean, typeof linux]>([
    ["ENOTEMPTY", false, linux],
    ["EEXIST", false, linux],
    ["EPERM", true, cacheOn("Windows_NT")],
  ])("gives up a name that is taken (%s)", async (code, exists, cache) => {
    const files = failing([code], exists);
    expect(await claimName("new", "folder", cache, files)).toBe(false);
    expect(files.renames).toHaveLength(1);
  });

  it("does not wait for a busy file on other systems", async () => {
    await expect(claimName("new", "folder", linux, failing(["EPERM"]))).rejects.toThrow("EPERM");
    await expect(replaceFile("new", "cli", "old", linux, failing(["EBUSY"]))).rejects.toThrow("EBUSY");
  });

  it("moves a running executable aside on Windows", async () => {
    const files = failing(["EPERM"]);
    await replaceFile("new", "cli.exe", "old", cacheOn("Windows_NT"), files);
    expect(files.renames).toEqual(["new > cli.exe", "cli.exe > old-1", "new > cli.exe"]);
  });

  it("waits half a minute in total for a scanner, with one line after the first second, and then gives up", async () => {
    const cache = cacheOn("Windows_NT");
    const files = failing(Array.from({ length: 1000 }, () => "EBUSY"));
    await expect(claimName("new", "folder", cache, files)).rejects.toThrow("EBUSY");
    expect(sum(cache.waits)).toBe(30_000);
    expect(cache.lines).toEqual([
      "  Waiting up to 30 s for new: another program, such as a virus scanner, has it open (EBUSY).",
    ]);
    // The half minute is for the whole step.
    await expect(claimName("new", "folder", cache, failing(["EBUSY"]))).rejects.toThrow("EBUSY");
    expect(sum(cache.waits)).toBe(30_000);
  });

  it("prints nothing about a file that is free within a second", async () => {
    const cache = cacheOn("Windows_NT");
    expect(await claimName("new", "folder", cache, failing(["EBUSY", "UNKNOWN", "EACCES"]))).toBe(true);
    expect(cache.lines).toEqual([]);
  });

  it("puts a running executable back while the new one is busy", async () => {
    const places = new Map([
      ["new", "new CLI"],
      ["cli.exe", "running CLI"],
    ]);
    let busy = 3;
    const files = {
      existsSync: () => true,
      renameSync(from: string, to: string) {
        const blocked = from === "new" && (busy-- > 0 || places.get(to) === "running CLI");
        if (blocked) throw Object.assign(new Error("EBUSY"), { code: "EBUSY" });
        places.set(to, places.get(from) ?? "");
        places.delete(from);
      },
    };
    const cache = cacheOn("Windows_NT");
    const inUse: (string | undefined)[] = [];
    const whileBusy: typeof cache.whileBusy = (file, work) =>
      cache.whileBusy(file, (failures) => {
        inUse.push(places.get("cli.exe"));
        return work(failures);
      });
    await replaceFile("new", "cli.exe", "old", { ...cache, whileBusy }, files);
    expect(places.get("cli.exe")).toBe("new CLI");
    expect(inUse).toEqual(["running CLI", "running CLI", "running CLI", "running CLI"]);
  });

  it("stops waiting when the step is canceled", async () => {
    const cancel = new AbortController();
    const whileBusy = waitWhileBusy({ os: "windows" }, cancel.signal);
    const files = failing(Array.from({ length: 1000 }, () => "EBUSY"));
    const claimed = claimName("new", "folder", { platform: agentPlatform("Windows_NT", "X64"), whileBusy }, files);
    cancel.abort();
    await expect(claimed).rejects.toThrow("canceled");
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
