import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { bundleOf, dynamicWheel, job, wheel } from "../bundles/bundles.ts";
import { oldestNode } from "../nodes.ts";
import { writeNotedCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

const greeting = (name: string, parameter: string) =>
  bundleOf("approved", job("hello", name, parameter), "variables:\n  unused:\n    default: x\n");

const shared = (level: string, privilege: string) =>
  bundleOf(
    "shared",
    `${job("a", "A")}
    permissions:
      - group_name: users
        level: ${level}
schemas:
  s:
    name: s
    catalog_name: main
    grants:
      - principal: users
        privileges: [${privilege}]`,
  );

describe.each([oldestNode])("A deploy of an approved plan on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);

  it("deploys what was approved, and only that", async () => {
    const { run, change } = await checkout(greeting("Hello", "s3cret-value"));
    const first = await run({ command: "plan", target: "prod" });
    const plan = first.outputs["planPath"] ?? "";
    const content = fs.readFileSync(plan, "utf8");
    expect(JSON.parse(content)).toMatchObject({
      bundle: "approved",
      target: "prod",
      workspaceUrl: lab.workspace.url,
      resources: [{ key: "jobs.hello", action: "create", digest: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    expect(content).not.toContain("s3cret-value");

    change(greeting("Hello", "another-value"));
    const other = await run({ target: "prod", plan });
    expect(other.errors).toEqual([
      expect.stringMatching(
        /Nothing was deployed, because the plan does not match the approved plan\. jobs\.hello: create with different values/,
      ),
    ]);
    expect(await lab.workspace.jobs()).toEqual([]);

    const elsewhere = await run({ target: "dev", plan });
    expect(elsewhere.errors[0]).toMatch(/target: approved for prod, now dev/);

    change(greeting("Hello", "s3cret-value"));
    expect(await run({ target: "prod", plan })).toMatchObject({ result: "Succeeded", issues: [] });
    expect(await lab.workspace.jobs()).toMatchObject([{ name: "Hello" }]);

    const repeated = await run({ target: "prod", plan });
    expect(repeated.errors[0]).toMatch(
      /jobs\.hello: approved as create, now unchanged\.\sThe approved plan seems to be deployed already.*Start a new run/s,
    );

    change(greeting("Renamed", "s3cret-value"));
    const renaming = await run({ command: "plan", target: "prod" });
    expect(renaming.log).toContainEqual(expect.stringMatching(/update jobs\.hello \(name\)/));
    expect(renaming.page).toMatch(/\| `jobs\.hello` \| update: name \|/);
    change(greeting("Renamed", "third-value"));
    const drifted = await run({ target: "prod", plan: renaming.outputs["planPath"] ?? "" });
    expect(drifted.text).toMatch(/Differences[\s\S]*jobs\.hello: now also changes tasks.*base_parameters/);
    expect(drifted.result).toBe("Failed");
  });

  it("treats other permissions and grants as a difference", async () => {
    const { run, change } = await checkout(shared("CAN_VIEW", "USE_SCHEMA"));
    const planned = await run({ command: "plan", target: "prod" });
    change(shared("CAN_MANAGE", "SELECT"));
    const step = await run({ target: "prod", plan: planned.outputs["planPath"] ?? "" });
    expect(step.errors).toEqual([
      expect.stringMatching(
        /Nothing was deployed, because the plan does not match the approved plan\. jobs\.a\.permissions: create with different values; schemas\.s\.grants: create with different values\./,
      ),
    ]);
  });

  it("names both commits when the plan was made from another one", async () => {
    const planner = await checkout(greeting("Hello", "1"));
    const { run } = await checkout(greeting("Hello", "1"), {
      job: { variables: { "Build.SourceVersion": "91c0ffee" } },
    });
    const { outputs } = await planner.run({ command: "plan", target: "prod" });
    const step = await run({ target: "prod", plan: outputs["planPath"] ?? "" });
    expect(step).toMatchObject({
      result: "Succeeded",
      issues: [
        {
          type: "warning",
          message: expect.stringMatching(
            /plan is from commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904, but this deploy is from commit 91c0ffee\./,
          ),
        },
      ],
    });
  });

  it.each([
    ["its build", wheel],
    ["the CLI", dynamicWheel],
  ])("does not treat a new version stamp that a wheel gets from %s as a difference", async (_, files) => {
    const { cli, commands } = await writeNotedCli(lab);
    const { run } = await checkout(files, { agent: { cli } });
    const wheels = async () => (await lab.workspace.files()).filter((file) => /\/\.internal\/.*\.whl$/.test(file));
    const planned = await run({ command: "plan" });
    const plan = planned.outputs["planPath"] ?? "";
    const deployed = await run({ plan });
    expect(deployed).toMatchObject({ result: "Succeeded", issues: [] });
    expect(commands().slice(2)).toEqual(["bundle plan", "bundle summary", "bundle deploy", "bundle summary"]);
    expect(await wheels()).toEqual([expect.stringMatching(/demo-0\.1\.0\+\d+-py3-none-any\.whl$/)]);
  });

  it("refuses a file that is not a plan, before any network", async () => {
    const { run } = await checkout(greeting("Hello", "1"));
    const [step, { azureDevOps }] = await requests(() => run({ plan: "bundle/databricks.yml" }));
    expect(step.errors).toEqual([expect.stringMatching(/plan: .*databricks\.yml is not a plan file/s)]);
    expect(azureDevOps).toEqual([]);
  });

  it("says in a pull request's build what a deploy would change", async () => {
    const { run } = await checkout(greeting("Hello", "1"), { job: { variables: { "Build.Reason": "PullRequest" } } });
    const step = await run({ command: "plan" });
    expect(step.page).toContain("what this pull request would change");
  });
});
