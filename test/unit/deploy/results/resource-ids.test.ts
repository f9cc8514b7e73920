import { describe, expect, it, vi } from "vitest";
import { parseBundleSummary } from "../../../../tasks/common/databricks/cli/summary.ts";
import { setResourceIds } from "../../../../tasks/DatabricksBundleDeploy/results/resource-ids.ts";

/** What the task prints for a bundle with these jobs. */
function printedFor(jobs: Record<string, object>): string {
  let printed = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  setResourceIds(parseBundleSummary(JSON.stringify({ resources: { jobs } })));
  write.mockRestore();
  return printed;
}

describe("The output resourceIds", () => {
  it("has the resources that are deployed", () => {
    expect(printedFor({ a: { id: "1" }, b: {}, c: { id: "3", modified_status: "created" } })).toMatch(
      /^##vso\[task\.setvariable variable=resourceIds;isOutput=true;issecret=false;\]\{"jobs\.a":"1"\}\s$/,
    );
  });

  it("is not set where it would be too long for a variable on Windows", () => {
    const jobs = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`job_${index}`, { id: "123456789012345" }]));
    expect(printedFor(jobs(900))).toContain("variable=resourceIds");
    expect(printedFor(jobs(1_100))).toBe(
      "The output resourceIds is not set, because it is too long for a variable. The file of summaryPath has all IDs.\n",
    );
  });
});
