import { describe, expect, it } from "vitest";
import { readExecutable } from "../../../../tasks/DatabricksCliInstaller/archive/extract.ts";
import { renamed, sha256, zip } from "../../../e2e/installer/archives.ts";

describe("Reading an archive", () => {
  const archive = (bytes: Buffer) => ({ name: "cli.zip", bytes, sha256: sha256(bytes) });

  it.each([true, false])("takes the executable out of an archive (compressed: %s)", async (compress) => {
    const bytes = await zip({ name: "LICENSE" }, { name: "databricks.exe", content: "MZ".repeat(100_000), compress });
    const content = await readExecutable(archive(bytes), "databricks.exe");
    expect(content.toString()).toBe("MZ".repeat(100_000));
  });

  it("refuses a path that climbs out of the folder with backslashes", async () => {
    const bytes = renamed(await zip({ name: "databricks" }, { name: "xx\u{7e}evil" }), "xx~evil", "..\\evil");
    await expect(readExecutable(archive(bytes), "databricks")).rejects.toThrow(/invalid relative path/);
  });

  it("names the executable that an archive lacks", async () => {
    const bytes = await zip({ name: "bin/databricks", content: "x" });
    await expect(readExecutable(archive(bytes), "databricks")).rejects.toThrow("it contains no databricks");
  });
});
