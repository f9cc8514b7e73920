import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { bundleOf, job } from "../bundles/bundles.ts";
import { oldestNode } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

describe.each([oldestNode])("A text that looks like a macro on $name", ({ path: node }) => {
  const { checkout } = useLab(node);
  const bundle = bundleOf("literal", job("a", `"\${var.text}"`), "variables:\n  text:\n    default: x\n");

  it("is refused as $(name), with the way to write it", async () => {
    const { run } = await checkout(bundle);
    const step = await run({ variables: "text=cost $(nothing)" });
    expect(step.errors).toEqual([
      expect.stringContaining(
        "variables: $(nothing) was not replaced, because this job has no variable with that name. To pass this text unchanged, write $$( instead of $(.",
      ),
    ]);
  });

  it.each([
    ["written as $$(name)", "text=cost $$(nothing)", "cost $(nothing)"],
    [
      "written with a variable that holds a dollar sign, where the job has the name",
      "text=$(dollar)$(dollar)(known)",
      "$(known)",
    ],
    ["preceded by a dollar sign, where the job has the name", "text=$$(known)", "$5"],
  ])("is passed on if it is %s", async (_, variables, expected) => {
    const { run } = await checkout(bundle, { job: { variables: { known: { value: "5" }, dollar: { value: "$" } } } });
    const step = await run({ variables });
    expect(step.result, step.text).toBe("Succeeded");
    const { resources } = JSON.parse(fs.readFileSync(step.outputs["summaryPath"] ?? "", "utf8")) as {
      resources: { name: string }[];
    };
    // The target dev puts the deployer's name before that of the job.
    expect(resources.map(({ name }) => name.replace(/^\[.*\] /, ""))).toEqual([expected]);
  });
});
