import { describe, expect, it } from "vitest";
import { cliVersion, isTooOld, oldCliRefusal } from "../../../../tasks/common/databricks/cli/version.ts";

describe("The version of the CLI", () => {
  it("reads the version only from the requests of the CLI, not from those of other clients", () => {
    const version = cliVersion();
    version.note("databricks-sdk-py/0.156.0 python/3.12");
    expect(version.seen()).toBeUndefined();
    version.note("cli/1.13.0 databricks-sdk-go/0.171.0 go/1.26 os/linux");
    version.note("databricks-sdk-py/0.156.0 python/3.12");
    expect(version.seen()).toBe("1.13.0");
  });

  it("refuses a token only to a CLI that is too old", () => {
    expect(oldCliRefusal("databricks-sdk-py/0.156.0 python/3.12")).toBeUndefined();
    expect(oldCliRefusal("cli/1.13.0 databricks-sdk-go/0.171.0 go/1.26 os/linux")).toBeUndefined();
    expect(oldCliRefusal("cli/0.270.0 databricks-sdk-go/0.80.0")).toMatch(/0\.270\.0 is older than 0\.299\.0/);
  });

  it("compares versions number by number", () => {
    expect(["0.99.0", "0.298.9", "0.200.100"].filter((version) => !isTooOld(version))).toEqual([]);
    expect(["0.299.0", "0.299.10", "0.1000.0", "1.0.0", "0.0.0"].filter(isTooOld)).toEqual([]);
  });
});
