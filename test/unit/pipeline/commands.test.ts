import { expect, it } from "vitest";
import { neutralize } from "../../../tasks/common/pipeline/commands.ts";

it("turns logging commands and formatting in foreign text into plain text", () => {
  expect(neutralize("a ##vso[task.setvariable variable=PATH]x ##[error]y")).toBe(
    "a ##_vso[task.setvariable variable=PATH]x ##_[error]y",
  );
  expect(neutralize("##v##vso[so[x")).not.toContain("##vso[");
  expect(neutralize("an error\n##vso[task.complete]x\r\n##[error]y")).toBe(
    "an error\n##_vso[task.complete]x\r\n##_[error]y",
  );
});
