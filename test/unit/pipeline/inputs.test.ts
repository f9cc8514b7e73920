import { expect, it } from "vitest";
import { unresolvedMacro, withLiteralMacros } from "../../../tasks/common/pipeline/inputs.ts";

it("recognizes a macro that the agent did not replace", () => {
  expect(unresolvedMacro("a $(my.var) b")).toBe("$(my.var)");
  expect(unresolvedMacro("$(build-id)")).toBe("$(build-id)");
  expect(unresolvedMacro("$HOME $(1) $() $[x]")).toBeUndefined();
});

it("passes $$(name) as the text $(name)", () => {
  expect(unresolvedMacro("a $$(my.var) $$(b)")).toBeUndefined();
  expect(unresolvedMacro("a $$(my.var) $(b)")).toBe("$(b)");
  expect(withLiteralMacros("a $$(my.var) $$(b)$$(c)")).toBe("a $(my.var) $(b)$(c)");
  expect(withLiteralMacros("$$$(b) $$ $$(1) $$x $$[b]")).toBe("$$(b) $$ $$(1) $$x $$[b]");
});
