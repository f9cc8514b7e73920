import { describe, expect, it } from "vitest";
import { claimName, replaceFile } from "../../../../tasks/DatabricksCliInstaller/cache/rename.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";

const linux = agentPlatform("Linux", "X64");
const windows = agentPlatform("Windows_NT", "X64");

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
    expect(await claimName("new", "folder", windows, files)).toBe(true);
    expect(files.renames).toHaveLength(3);
  });

  it.each<[string, boolean, typeof linux]>([
    ["ENOTEMPTY", false, linux],
    ["EEXIST", false, linux],
    ["EPERM", true, windows],
  ])("gives up a name that is taken (%s)", async (code, exists, platform) => {
    const files = failing([code], exists);
    expect(await claimName("new", "folder", platform, files)).toBe(false);
    expect(files.renames).toHaveLength(1);
  });

  it("does not wait for a busy file on other systems", async () => {
    await expect(claimName("new", "folder", linux, failing(["EPERM"]))).rejects.toThrow("EPERM");
    await expect(replaceFile("new", "cli", "old", linux, failing(["EBUSY"]))).rejects.toThrow("EBUSY");
  });

  it("moves a running executable aside on Windows", async () => {
    const files = failing(["EPERM"]);
    await replaceFile("new", "cli.exe", "old", windows, files);
    expect(files.renames).toEqual(["new > cli.exe", "cli.exe > old-1", "new > cli.exe"]);
  });

  it("gives up after ten attempts", { timeout: 10_000 }, async () => {
    const files = failing(Array.from({ length: 30 }, () => "EBUSY"));
    await expect(claimName("new", "folder", windows, files)).rejects.toThrow("EBUSY");
    expect(files.renames).toHaveLength(10);
  });
});
