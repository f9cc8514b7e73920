import { describe, expect, it, vi } from "vitest";
import type { TaskRun } from "../../../../tasks/common/databricks/workspace/runs.ts";
import { createTaskStates } from "../../../../tasks/DatabricksBundleDeploy/commands/task-states.ts";

const host = "https://adb-1.7.azuredatabricks.net";
const run = { kind: "job", jobId: 11, runId: 22 } as const;
const task = (state: string, more: Partial<TaskRun> = {}): TaskRun => ({
  key: "load",
  runId: 33,
  attempt: 1,
  state,
  isOver: false,
  ...more,
});

/** The lines that these answers of the workspace cause, and the states in the end. */
function printed(...answers: readonly (readonly TaskRun[])[]) {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text).trimEnd()) > 0);
  const states = createTaskStates({ address: () => ({ host, workspaceId: undefined }) });
  for (const tasks of answers) states.note(run, tasks);
  write.mockRestore();
  return { lines, tasks: states.tasks };
}

describe("The states of tasks", () => {
  it("have one line for each change, and none for tasks that have not begun", () => {
    const over = task("SUCCESS", { isOver: true });
    const { lines, tasks } = printed(
      [task("BLOCKED")],
      [task("PENDING")],
      [task("RUNNING")],
      [task("RUNNING")],
      [task("TERMINATING")],
      [over],
      [over],
    );
    expect(lines).toEqual([
      `Task load is PENDING: ${host}/jobs/11/runs/33`,
      `Task load is RUNNING: ${host}/jobs/11/runs/33`,
      `Task load is TERMINATING: ${host}/jobs/11/runs/33`,
      `Task load ended with SUCCESS: ${host}/jobs/11/runs/33`,
    ]);
    expect(tasks).toEqual([{ key: "load", attempt: 1, runId: "33", url: `${host}/jobs/11/runs/33`, state: "SUCCESS" }]);
  });

  it("name the attempt of a task that is repeated", () => {
    const failed = task("FAILED", { isOver: true });
    const { lines, tasks } = printed([failed], [failed, task("RUNNING", { runId: 44, attempt: 2 })]);
    expect(lines).toEqual([
      `Task load ended with FAILED: ${host}/jobs/11/runs/33`,
      `Task load (attempt 2) is RUNNING: ${host}/jobs/11/runs/44`,
    ]);
    expect(tasks).toHaveLength(2);
  });

  it("cannot be commands for the agent", () => {
    const { lines } = printed([task("RUNNING", { key: "##vso[task.complete result=Succeeded]" })]);
    expect(lines).toEqual([expect.stringMatching(/^Task ##_vso\[task\.complete/)]);
  });
});
