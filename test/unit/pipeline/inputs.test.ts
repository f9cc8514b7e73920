import { expect, it } from "vitest";
import { unresolvedMacro } from "../../../tasks/common/pipeline/inputs.ts";

it("recognizes a macro that the agent did not replace", () => {
  expect(unresolvedMacro("a $(my.var) b")).toBe("$(my.var)");
  expect(unresolvedMacro("$(build-id)")).toBe("$(build-id)");
  expect(unresolvedMacro("$HOME $(1) $() $[x]")).toBeUndefined();
});
