import { describe, expect, it } from "vitest";
import { catalogue, type FailureId } from "../../../tasks/common/failures/catalogue.ts";
import { errorPattern } from "../../unit/failures/texts.ts";
import { newestNode } from "../nodes.ts";
import { useLab } from "../use-lab.ts";
import { type LabCase, labCases } from "./cases.ts";

const cases = Object.entries(labCases).flatMap(([id, cause]) =>
  typeof cause === "function" ? [[id as FailureId, cause] as [FailureId, LabCase]] : [],
);

describe.each([newestNode])("A known failure on $name", ({ path: node }) => {
  const fixture = useLab(node);

  it.each(cases)("explains itself in the log: %s", async (id, cause) => {
    const step = await cause(fixture);
    expect(step.result, step.text).toBe("Failed");
    expect(step.exitCode).toBe(0);
    const error = step.errors.at(-1) ?? "";
    expect(error).toMatch(errorPattern(id));
    expect(error).toMatch(new RegExp(`\\nHelp: https://.*#${catalogue[id].section}$`));
  });
});
