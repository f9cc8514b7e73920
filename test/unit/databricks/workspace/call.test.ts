import { describe, expect, it } from "vitest";
import { pageTitle } from "../../../../tasks/common/databricks/workspace/call.ts";

describe("The title of a web page", () => {
  it.each([
    ['<html><head><title lang="en">\n  Sign in </title>', "Sign in"],
    ["<TITLE>a</TITLE><title>b</title>", "a"],
    ["<title></title>", ""],
    ["no page", ""],
  ])("is found in %j", (page, title) => {
    expect(pageTitle(page)).toBe(title);
  });

  it("is searched in time in a page with a hundred thousand beginnings of one", () => {
    const before = process.cpuUsage();
    expect(pageTitle("<title ".repeat(100_000))).toBe("");
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(5_000);
  });
});
