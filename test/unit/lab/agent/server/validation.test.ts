import { describe, expect, test } from "vitest";
import type { HostType } from "../../../../lab/agent/agent.ts";
import { isVisible } from "../../../../lab/agent/server/validation.ts";
import { resolveGiven, runScript, type TaskJson, taskWith } from "../fixture.ts";

describe("where a task is offered", () => {
  test.each<[HostType, TaskJson, RegExp]>([
    ["build", { visibility: ["Release"] }, /Script': its visibility lacks Build/],
    ["release", { visibility: ["Build"] }, /its visibility lacks Release/],
    ["deployment", { visibility: ["Build"] }, /its visibility lacks Release/],
    ["deployment", { runsOn: ["Agent"] }, /its runsOn lacks DeploymentGroup/],
    ["deployment", { runsOn: undefined }, /its runsOn lacks DeploymentGroup/],
    ["build", { runsOn: ["DeploymentGroup"] }, /its runsOn lacks Agent/],
    ["release", { runsOn: ["Server"] }, /its runsOn lacks Agent/],
  ])("a %s does not offer a task whose definition does not name its kind: %o", async (hostType, task, message) => {
    await expect(runScript("1", { task, job: { hostType } })).rejects.toThrow(message);
  });

  test("builds and releases offer a task whose definition names no kind, on agents of pools", async () => {
    const task = { visibility: undefined, runsOn: undefined };
    for (const hostType of ["build", "release"] as const) {
      expect(await runScript("1", { task, job: { hostType } })).toMatchObject({ result: "Succeeded" });
    }
  });
});

describe("inputs that the server refuses", () => {
  const task = taskWith(
    { name: "kind", type: "pickList", defaultValue: "inline" },
    { name: "path", type: "string", required: true, visibleRule: "kind = file" },
  );

  test("an unknown input is refused", () =>
    expect(() => resolveGiven(task, { nope: "x" })).toThrow(/unknown input 'nope'/));

  test("a required input without a value is refused", () =>
    expect(() => resolveGiven(task, { kind: "file" })).toThrow(/'path' is required/));

  test("a required input that is hidden may be empty", () =>
    expect(resolveGiven(task, {})).toEqual({ kind: "inline", path: "" }));
});

describe("visible rules", () => {
  test.each([
    ["a = 1", true],
    ["a == 2", false],
    ["a != 1", false],
    ["a = 1 && b = 2", true],
    ["a = 2 || b = 2", true],
    ["b NotContains 3", true],
  ])("the rule %s gives %o", (rule, visible) => {
    expect(isVisible(rule, (name) => ({ a: "1", b: "2" })[name] ?? "")).toBe(visible);
  });

  test("a rule of another form is an error", () => expect(() => isVisible("a", () => "")).toThrow(/not understood/));
});
