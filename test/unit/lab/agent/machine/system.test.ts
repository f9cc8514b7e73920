import { expect, it } from "vitest";
import { windows } from "../../../../lab/agent/machine/system.ts";

it("Names of variables on Windows differ in more than case: the last value counts, under the first spelling", () => {
  const environment = windows.environment({ BUNDLE_VAR_region: "step", PATH: "/opt/cli", BUNDLE_VAR_REGION: "job" });
  expect(environment).toEqual({
    BUNDLE_VAR_region: "job",
    Path: "Z:\\opt\\cli;C:\\windows\\system32;C:\\windows",
  });
});
