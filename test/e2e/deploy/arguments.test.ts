import { describe, expect, it } from "vitest";
import { bundleOf, job } from "../bundles/bundles.ts";
import { oldestNode } from "../nodes.ts";
import { writeNotedCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

const twoJobs = bundleOf("flags", `${job("a", "A")}\n${job("b", "B").replace("jobs:\n", "")}`);

describe.each([oldestNode])("Arguments and flags on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);

  it("makes warnings errors with --strict", async () => {
    const { run } = await checkout(bundleOf("warned", `${job("a", "A")}\n    nonsense: 1`));
    expect((await run({ command: "validate" })).result).toBe("Succeeded");
    const strict = await run({ command: "validate", arguments: "--strict" });
    expect(strict.result).toBe("Failed");
    expect(strict.errors).toEqual([expect.stringMatching(/"databricks bundle validate" failed .*strict/)]);
  });

  it("plans and deploys only what --select names", async () => {
    const { run } = await checkout(twoJobs);
    const select = { target: "prod", arguments: "--select jobs.a" };
    const planned = await run({ ...select, command: "plan" });
    expect(planned.log).toContainEqual(expect.stringMatching(/Plan: 1 to add/));
    const deployed = await run({ ...select, plan: planned.outputs["planPath"] ?? "" });
    expect(deployed).toMatchObject({ result: "Succeeded", issues: [] });
    expect((await lab.workspace.jobs()).map(({ name }) => name)).toEqual(["A"]);
  });

  it("hands each command its flags and the arguments", async () => {
    const { cli, calls } = await writeNotedCli(lab);
    const { run } = await checkout(twoJobs, { agent: { cli } });
    const given = { target: "prod", arguments: "--log-level 'error'" };
    const all = { ...given, autoApprove: "true", forceLock: "true", failOnActiveRuns: "true" };
    for (const command of ["validate", "plan"]) await run({ ...given, command });
    await run(given);
    await run(all);
    await run({ ...given, command: "destroy", autoApprove: "true", forceLock: "true" });
    const told = "--target prod";
    const [summaries, others] = [true, false].map((isSummary) =>
      calls().filter((call) => !call.includes("--help") && call.startsWith("bundle summary") === isSummary),
    );
    expect(summaries?.at(-1)).toBe(`bundle summary ${told} --output json --force-pull`);
    expect(others).toEqual([
      `bundle validate ${told} --output json --log-level error`,
      `bundle plan ${told} --output json --log-level error`,
      `bundle deploy ${told} --verbose --log-level error`,
      `bundle deploy ${told} --auto-approve --force-lock --fail-on-active-runs --verbose --log-level error`,
      `bundle destroy ${told} --auto-approve --force-lock --log-level error`,
    ]);
  });

  const selection = 'arguments: "databricks bundle validate" does not accept them: unknown flag: --select.';
  it.each([
    ["deploy", "--strict", 'arguments: "databricks bundle deploy" does not accept them: unknown flag: --strict.'],
    [
      "deploy",
      "-v",
      "arguments: \"databricks bundle deploy\" does not accept them: unknown shorthand flag: 'v' in -v.",
    ],
    [
      "deploy",
      "--select",
      'arguments: "databricks bundle deploy" does not accept them: flag needs an argument: --select.',
    ],
    ["deploy", "--force=maybe", 'arguments: "databricks bundle deploy" does not accept them: invalid argument "maybe"'],
    ["deploy", "'--select jobs.a'", "Text in quotes is one argument: put only a value in quotes."],
    ["validate", "--select jobs.a", selection],
  ])("refuses options that the CLI does not accept, before any request: %s %s", async (command, given, message) => {
    const { run } = await checkout(twoJobs);
    const [step, sent] = await requests(() => run({ target: "prod", command, arguments: given }));
    expect(step.errors).toEqual([expect.stringContaining(message)]);
    expect(step.errors[0]).toContain("#inputs");
    expect(Object.values(sent).flat()).toEqual([]);
  });

  it("refuses options that a plan does not have, where the input plan needs one", async () => {
    const { run } = await checkout(twoJobs);
    const { outputs } = await run({ target: "prod", command: "plan" });
    const [step, sent] = await requests(() =>
      run({ target: "prod", plan: outputs["planPath"] ?? "", arguments: "--verbose" }),
    );
    expect(step.errors).toEqual([
      expect.stringMatching(/^arguments: "databricks bundle plan" does not accept them: unknown flag: --verbose\./),
    ]);
    expect(Object.values(sent).flat()).toEqual([]);
  });
});
