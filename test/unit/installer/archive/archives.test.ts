import { describe, expect, it } from "vitest";
import {
  checksumFileNames,
  checksumIn,
  verifyChecksum,
} from "../../../../tasks/DatabricksCliInstaller/archive/checksums.ts";
import { progressOf } from "../../../../tasks/DatabricksCliInstaller/archive/download.ts";
import { readExecutable } from "../../../../tasks/DatabricksCliInstaller/archive/extract.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";
import { renamed, sha256, zip } from "../../../e2e/installer/archives.ts";

const digest = "a".repeat(64);

describe("A list of checksums", () => {
  it.each([
    [`${digest}  cli.zip\n`, "cli.zip"],
    [`${"b".repeat(64)}  other.zip\r\n${digest.toUpperCase()} *cli.zip\r\n`, "cli.zip"],
  ])("is read in both of sha256sum's modes: %j", (list, file) => {
    expect(checksumIn(list, file)).toBe(digest);
  });

  it.each([`${digest}  cli.zip.sig`, `${digest.slice(1)}  cli.zip`, `${digest}cli.zip`, "<html>cli.zip</html>"])(
    "does not name the file in %j",
    (list) => expect(checksumIn(list, "cli.zip")).toBeUndefined(),
  );

  it("is looked for under the older names of the platform too", () => {
    expect(checksumFileNames("0.290.2", agentPlatform("Windows_NT", "X64"))).toEqual([
      "databricks_cli_0.290.2_SHA256SUMS",
      "databricks_cli_0.290.2_SHA256SUMS_windows",
    ]);
    expect(checksumFileNames("0.290.2", agentPlatform("Darwin", "ARM64"))[1]).toMatch(/_unix$/);
  });

  it("must agree", () => {
    expect(() => verifyChecksum("cli.zip", digest, digest, "list")).not.toThrow();
    expect(() => verifyChecksum("cli.zip", digest, "b".repeat(64), "list")).toThrow(/cli\.zip is refused/);
  });
});

describe("An archive", () => {
  const archive = (bytes: Buffer) => ({ name: "cli.zip", bytes, sha256: sha256(bytes) });

  it.each([true, false])("gives its executable (compressed: %s)", async (compress) => {
    const bytes = await zip({ name: "LICENSE" }, { name: "databricks.exe", content: "MZ".repeat(100_000), compress });
    const content = await readExecutable(archive(bytes), "databricks.exe");
    expect(content.toString()).toBe("MZ".repeat(100_000));
  });

  it("with backslashes in its names is taken for what it means", async () => {
    const bytes = renamed(await zip({ name: "databricks" }, { name: "xx\u{7e}evil" }), "xx~evil", "..\\evil");
    await expect(readExecutable(archive(bytes), "databricks")).rejects.toThrow(/invalid relative path/);
  });

  it("without the file says which one", async () => {
    const bytes = await zip({ name: "bin/databricks", content: "x" });
    await expect(readExecutable(archive(bytes), "databricks")).rejects.toThrow("it holds no databricks");
  });
});

describe("The progress of a download", () => {
  /** What is printed when this many bytes arrive each second. */
  function printed(total: number | undefined, size: number, bytesPerSecond: number): string[] {
    const lines: string[] = [];
    let seconds = 0;
    const report = progressOf(
      total,
      (line) => lines.push(line.trim()),
      () => seconds * 1000,
    );
    for (let received = 0; received <= size; received += bytesPerSecond, seconds++) report(received);
    return lines;
  }

  it("is shown at each quarter of a slow one", () => {
    expect(printed(40_000_000, 40_000_000, 1_000_000)).toEqual([
      "10.0 MB of 40.0 MB",
      "20.0 MB of 40.0 MB",
      "30.0 MB of 40.0 MB",
    ]);
  });

  it("is not shown for a fast one", () => {
    expect(printed(40_000_000, 40_000_000, 20_000_000)).toEqual([]);
  });

  it("is shown at doublings where the size is unknown", () => {
    expect(printed(undefined, 100_000_000, 1_000_000)).toEqual(["17.0 MB so far", "34.0 MB so far", "68.0 MB so far"]);
  });
});
