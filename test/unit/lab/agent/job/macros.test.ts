import { describe, expect, test } from "vitest";
import { expandMacros } from "../../../../lab/agent/job/macros.ts";

describe("macros", () => {
  const values: Record<string, string> = { a: "1", b: "$(a)", "x.y z": "dotted" };
  test.each([
    ["<$(a)>", "<1>"],
    ["$(x.y z)", "dotted"],
    ["$(b)", "$(a)"],
    ["$(unknown) $(a)", "$(unknown) 1"],
    ["$(un$(a))", "$(un1)"],
    ["$() $(a", "$() $(a"],
  ])("%s becomes %s", (text, expanded) => expect(expandMacros(text, (name) => values[name])).toBe(expanded));
});
