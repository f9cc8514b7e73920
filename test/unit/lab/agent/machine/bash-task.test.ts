import { describe, expect, test } from "vitest";
import { bashStep, jobSettings, labAgent, nodes, print, scriptStep } from "../fixture.ts";

/** What a script printed between the lines of the task. */
function outputOf(lines: readonly string[]): string[] {
  const start = lines.findIndex((line) => line.startsWith("====") && line.includes("Starting Command Output"));
  return lines
    .slice(start + 1)
    .filter((line) => line !== "" && !/^(\[command\]|##vso\[task\.(debug|complete))/.test(line));
}

describe.each(nodes)("Bash steps on Node $major", ({ node }) => {
  test("a script sees the step's env, and a job variable of the same name in its place", async () => {
    const job = await (await labAgent({ node })).startJob({ ...jobSettings, variables: { "My.Host": "of the job" } });
    const env = { MY_HOST: "of the step", OTHER: "of the step" };
    const script = 'echo "$MY_HOST, $OTHER"; unset MY_HOST; MY_HOST=own; echo "$MY_HOST"';
    const result = await job.run(bashStep(script, { env }));
    expect(outputOf(result.raw.stdout)).toEqual(["of the job, of the step", "own"]);
  });

  test("a script sees variables that an earlier step set, except secret ones, unless env names them", async () => {
    const job = await (await labAgent({ node })).startJob(jobSettings);
    const lines = [
      "##vso[task.setvariable variable=SEEN]yes",
      "##vso[task.setvariable variable=HIDDEN;issecret=true]s3cret",
    ];
    await job.run(scriptStep(print(...lines)));
    const script = 'echo "$SEEN/$HIDDEN/$MAPPED/$SECRET_HIDDEN"';
    const result = await job.run(bashStep(script, { env: { MAPPED: "$(HIDDEN)" } }));
    expect(outputOf(result.raw.stdout)).toEqual(["yes//s3cret/"]);
    expect(result.log).toContain("yes//***/");
  });

  test("a script does not inherit inputs, the job token or task variables", async () => {
    const job = await (await labAgent({ node })).startJob(jobSettings);
    const result = await job.run(
      bashStep("env | grep -cE '^(INPUT_|ENDPOINT_AUTH_|SECRET_|VSTS_TASKVARIABLE_)|job-token' || true"),
    );
    expect(outputOf(result.raw.stdout)).toEqual(["0"]);
  });

  test("logging commands of a script take effect, and a failed script fails the step", async () => {
    const job = await (await labAgent({ node })).startJob(jobSettings);
    const result = await job.run(bashStep("echo '##vso[task.setvariable variable=a]b'\nexit 3"));
    expect(result).toMatchObject({ result: "Failed" });
    expect(job.variables.get("a")).toBe("b");
    expect(result.currentOperation).toBe("Bash exited with code '3'.");
  });
});
