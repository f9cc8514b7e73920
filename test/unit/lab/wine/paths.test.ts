import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { addDrive, machinePath, translated, windowsPath, windowsPathVariable } from "../../../lab/wine/paths.ts";

describe("Paths for programs under Wine", () => {
  it("are on the drive of this machine's root, or on the drive of their folder", () => {
    expect(windowsPath("/tmp/a b/c.txt")).toBe("Z:\\tmp\\a b\\c.txt");
    addDrive("Q:", "/srv/tools");
    expect(windowsPath("/srv/tools")).toBe("Q:");
    expect(windowsPath("/srv/tools/databricks")).toBe("Q:\\databricks");
    expect(windowsPath("/srv/tools-of-others")).toBe("Z:\\srv\\tools-of-others");
    expect(windowsPath("relative/name")).toBe("relative/name");
  });

  it.each(["/tmp/a b/c.txt", "/srv/tools/databricks"])("lead back to %s", (file) => {
    addDrive("Q:", "/srv/tools");
    expect(machinePath(windowsPath(file))).toBe(file);
    expect(machinePath(windowsPath(file).replace(/^./, (letter) => letter.toLowerCase()))).toBe(file);
  });

  it("are on a share, as on a drive", () => {
    addDrive("\\\\build\\share", "/srv/shared");
    expect(windowsPath("/srv/shared/a b/c.txt")).toBe("\\\\build\\share\\a b\\c.txt");
    expect(machinePath("\\\\Build\\Share\\a b\\c.txt")).toBe("/srv/shared/a b/c.txt");
    expect(machinePath("\\\\build\\shares\\c.txt")).toBe("\\\\build\\shares\\c.txt");
  });

  it("leave other texts as they are", () => {
    expect(machinePath("C:\\windows")).toBe("C:\\windows");
    expect(machinePath("summary")).toBe("summary");
    for (const text of ["/Workspace/Users/me", "https://h/tmp", "a=/tmp", ""]) expect(translated(text)).toBe(text);
    expect(translated(path.join(os.tmpdir(), "x"))).toBe(windowsPath(path.join(os.tmpdir(), "x")));
  });

  it("replace this machine's system folders in PATH", () => {
    expect(windowsPathVariable("/opt/cli:/usr/local/bin:/usr/bin:/bin")).toBe(
      "Z:\\opt\\cli;C:\\windows\\system32;C:\\windows",
    );
  });
});
