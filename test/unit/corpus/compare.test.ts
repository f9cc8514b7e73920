import { describe, expect, it } from "vitest";
import { compareSides } from "../../e2e/corpus/compare.ts";
import type { SideIssue, SideStep } from "../../e2e/corpus/side.ts";

const create = 'POST /api/2.2/jobs/create {"name":"A"} → 200';
const printed = [
  "Warning: unknown field: nam",
  "  at resources.jobs.a",
  "  in a.yml:4:7",
  "     b.yml:5:7",
  "",
  "Error: no such cluster",
  "",
  "Ask the owner.",
];
const step: SideStep = {
  command: "deploy",
  succeeded: false,
  lines: printed,
  issues: [],
  changes: [create],
  ownChanges: [],
  contents: ["FILE /Workspace/a"],
};
const warning: SideIssue = { type: "warning", message: "unknown field: nam (also in b.yml:5:7)", line: 4 };
const error: SideIssue = {
  type: "error",
  message: '"databricks bundle deploy" failed (exit code 1): no such cluster.',
};
const taskStep: SideStep = { ...step, lines: ["Ask the owner."], issues: [warning, error] };

function differences(task: Partial<SideStep>) {
  const found = compareSides({ steps: [step] }, { steps: [{ ...taskStep, ...task }] });
  return found.map(({ kind, detail }) => `${kind}: ${detail}`);
}

describe("The comparison of a task with the plain CLI", () => {
  it("finds nothing if both did the same, and each diagnostic is one issue", () => {
    expect(differences({})).toEqual([]);
  });

  it.each<[string, Partial<SideStep>, string]>([
    ["another result", { succeeded: true }, "result: the CLI failed, the task succeeded"],
    ["a change that the task did not make", { changes: [] }, `change missing: ${create}`],
    ["a change that was made twice", { changes: [create, create] }, `change added: ${create}`],
    ["a change by the task itself", { ownChanges: [create] }, `own change: ${create}`],
    ["a warning that is not an issue", { issues: [error] }, "diagnostic missing: warning: unknown field: nam"],
    [
      "an error that is an issue twice",
      { issues: [warning, error, error] },
      "diagnostic repeated: error: no such cluster (2 times)",
    ],
    [
      "a place that no issue names",
      { issues: [{ ...warning, message: "unknown field: nam" }, error] },
      "place missing: b.yml:5:7 of warning: unknown field: nam",
    ],
    ["a line that the log lacks", { lines: [] }, "line missing: Ask the owner."],
  ])("finds %s", (_, task, expected) => {
    expect(differences(task)).toContainEqual(expect.stringContaining(expected));
  });

  it("finds contents that only one of the two workspaces has", () => {
    expect(differences({ contents: ["FILE /Workspace/b"] })).toEqual([
      "content missing: FILE /Workspace/a",
      "content added: FILE /Workspace/b",
    ]);
  });

  it("accepts an error that the step explains in other words, if the log shows it", () => {
    const explained = { type: "error", message: "The cluster does not exist." } as const;
    expect(differences({ issues: [warning, explained], lines: printed })).toEqual([]);
    expect(differences({ issues: [warning, explained] })).toContain("diagnostic missing: error: no such cluster");
  });

  it("accepts that the step's own error shortens an error that is an issue before", () => {
    const whole = { type: "error", message: "no such cluster\nAsk the owner." } as const;
    const own = { type: "error", message: "failed (exit code 1): no such cluster … Ask the owner." } as const;
    expect(differences({ issues: [warning, whole, own] })).toEqual([]);
  });

  it("accepts that the task reports a validation in one line", () => {
    const lines = [...printed, "", "Name: a", "Workspace:", "  User: [ME]", "", "Found 1 error and 1 warning"];
    const found = (command: string) =>
      compareSides({ steps: [{ ...step, command, lines }] }, { steps: [{ ...taskStep, command }] });
    expect(found("validate")).toEqual([]);
    expect(found("deploy")).toHaveLength(4);
  });

  it("accepts the task's own files beside the state", () => {
    const path = "/api/2.0/workspace-files/import-file/Workspace/x/state/azure-pipelines.files.json";
    expect(differences({ ownChanges: [`POST ${path} → 200`] })).toEqual([]);
  });
});
