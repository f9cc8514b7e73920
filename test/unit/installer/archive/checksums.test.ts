import { describe, expect, it } from "vitest";
import {
  checksumFileNames,
  checksumIn,
  verifyChecksum,
} from "../../../../tasks/DatabricksCliInstaller/archive/checksums.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";

const digest = "a".repeat(64);

describe("Checksum lists", () => {
  it.each([
    [`${digest}  cli.zip\n`, "cli.zip"],
    [`${"b".repeat(64)}  other.zip\r\n${digest.toUpperCase()} *cli.zip\r\n`, "cli.zip"],
  ])("reads a checksum list in both of sha256sum's modes: %j", (list, file) => {
    expect(checksumIn(list, file)).toBe(digest);
  });

  it.each([`${digest}  cli.zip.sig`, `${digest.slice(1)}  cli.zip`, `${digest}cli.zip`, "<html>cli.zip</html>"])(
    "finds no checksum of the file in %j",
    (list) => expect(checksumIn(list, "cli.zip")).toBeUndefined(),
  );

  it("also looks for the checksum list under the older name for the platform", () => {
    expect(checksumFileNames("0.290.2", agentPlatform("Windows_NT", "X64"))).toEqual([
      "databricks_cli_0.290.2_SHA256SUMS",
      "databricks_cli_0.290.2_SHA256SUMS_windows",
    ]);
    expect(checksumFileNames("0.290.2", agentPlatform("Darwin", "ARM64"))[1]).toMatch(/_unix$/);
  });

  it("refuses an archive whose checksum differs from the list", () => {
    expect(() => verifyChecksum("cli.zip", digest, digest, "list")).not.toThrow();
    expect(() => verifyChecksum("cli.zip", digest, "b".repeat(64), "list")).toThrow(/SHA-256 mismatch for cli\.zip/);
  });
});
