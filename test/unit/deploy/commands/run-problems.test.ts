import { describe, expect, it } from "vitest";
import { parseBundleSummary } from "../../../../tasks/common/databricks/cli/summary.ts";
import type { InputReader } from "../../../../tasks/common/pipeline/inputs.ts";
import { optionProblems } from "../../../../tasks/DatabricksBundleDeploy/commands/run-problems.ts";
import { targetOf } from "../../../../tasks/DatabricksBundleDeploy/commands/run-targets.ts";
import { readRunLines } from "../../../../tasks/DatabricksBundleDeploy/run-lines.ts";

const notebook = { task_key: "load", notebook_task: { notebook_path: "/x" } };
const wheel = { task_key: "wheel", python_wheel_task: { package_name: "x" } };
const summary = parseBundleSummary(
  JSON.stringify({
    bundle: { name: "b", target: "dev" },
    resources: {
      jobs: {
        dated: { parameters: [{ name: "date", default: "" }], tasks: [notebook, wheel] },
        notebooks: { tasks: [notebook, { ...notebook, task_key: "save" }] },
        wheels: { tasks: [wheel] },
        mixed: { tasks: [notebook, wheel] },
        queries: { tasks: [{ task_key: "q", sql_task: {} }] },
      },
      pipelines: { tables: { name: "Tables" } },
      apps: { web: { name: "web" } },
    },
    scripts: { smoke: { content: "echo" } },
  }),
);

/** What is wrong with a line, for this bundle. */
function problemsOf(line: string): string[] {
  const reader: Partial<InputReader> = {
    lines: () => [line],
    problem: (_, problem) => expect.fail(problem),
  };
  return readRunLines(reader as InputReader).flatMap((read) => {
    const target = targetOf(read, summary);
    return target ? optionProblems(target) : expect.fail("unknown key");
  });
}

describe("The options of a run", () => {
  it.each([
    "dated --params date=1 --only load --restart",
    "dated --only +load,load+",
    "dated -- --date 1 --b=2",
    "jobs.notebooks --notebook-params a=b --sql-params c=d --only load,save",
    "notebooks -- --a b",
    "wheels --python-params a,b --python-named-params a=b",
    "wheels -- a -b --c",
    "pipelines.tables --refresh a --full-refresh b --restart",
    "web",
    "smoke",
  ])("are accepted where they belong: %s", (line) => expect(problemsOf(line)).toEqual([]));

  it.each([
    [
      "dated --refresh-all",
      /^dated is a job, which does not have --refresh-all\. It has --params, --only, .*--restart\.$/,
    ],
    [
      "tables --params a=b --only x",
      /^tables is a pipeline, which does not have --params, --only\. It has --refresh, /,
    ],
    ["apps.web --restart", /^apps\.web is an app, which does not have --restart\. It has no options\.$/],
    [
      "smoke --params a=b",
      /^smoke is a script, which does not have --params\. Set a variable in env of this step instead/,
    ],
    ["smoke -- a", /^smoke is a script, to which the CLI passes no arguments\. Set a variable in env of this step/],
    ["web -- a", /^web is an app, which has no arguments\./],
    ["tables -- a", /^tables is a pipeline, which has no arguments\./],
    ["dated --notebook-params a=b", /^dated has job parameters, which exclude --notebook-params\. Use --params\.$/],
    ["wheels --params a=b", /^wheels has no job parameters, which --params needs\. Declare parameters in the job/],
    ["notebooks --only load,laod", /^notebooks has no task "laod"\. Its tasks are load, save\.$/],
    ["dated -- a", /^dated accepts after -- only names and values, such as --date 2026-01-31\.$/],
    ["notebooks -- --a", /^notebooks accepts after -- only names and values/],
    [
      "mixed -- --a b",
      /^mixed accepts nothing after --, because it has no job parameters, and its tasks are of several/,
    ],
    ["queries -- --a b", /^queries accepts nothing after --, because .* or of one without arguments\.$/],
  ])("are refused where the CLI would ignore or refuse them: %s", (line, problem) => {
    expect(problemsOf(line)).toEqual([expect.stringMatching(problem)]);
  });
});
