import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../../lab/lab.ts";
import { bundleOf, dynamicWheel, job, wheel } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { errorsOf, notedCli, withCheckout } from "./step.ts";

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

describe.each(taskNodes)("A deploy of an approved plan on $name", ({ path: node }) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab(console.log);
  });

  afterAll(() => lab?.close());

  it("deploys what was approved, and only that", () =>
    withCheckout(lab, node, greeting("Hello", "s3cret-value"), async ({ run, change }) => {
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
      expect(errorsOf(other)).toEqual([
        expect.stringMatching(/not the approved one, so nothing was deployed\. jobs\.hello: create with other values/),
      ]);
      expect(await lab.workspace.jobs()).toEqual([]);

      const elsewhere = await run({ target: "dev", plan });
      expect(errorsOf(elsewhere)[0]).toMatch(/target: approved for prod, now dev/);

      change(greeting("Hello", "s3cret-value"));
      expect(await run({ target: "prod", plan })).toMatchObject({ result: "Succeeded", issues: [] });
      expect(await lab.workspace.jobs()).toMatchObject([{ name: "Hello" }]);

      const repeated = await run({ target: "prod", plan });
      expect(errorsOf(repeated)[0]).toMatch(
        /jobs\.hello: approved was create, now unchanged\.\sIt seems to be deployed already.*start a new run/,
      );

      change(greeting("Renamed", "s3cret-value"));
      const renaming = await run({ command: "plan", target: "prod" });
      expect(renaming.log).toContainEqual(expect.stringMatching(/update jobs\.hello \(name\)/));
      expect(renaming.summaries[0]?.content).toMatch(/\| jobs\.hello \| update: name \|/);
      change(greeting("Renamed", "third-value"));
      const drifted = await run({ target: "prod", plan: renaming.outputs["planPath"] ?? "" });
      expect(drifted.log.join("\n")).toMatch(/Differences[\s\S]*jobs\.hello: now also changes tasks.*base_parameters/);
      expect(drifted.result).toBe("Failed");
    }));

  it("takes other permissions and grants for a difference", () =>
    withCheckout(lab, node, shared("CAN_VIEW", "USE_SCHEMA"), async ({ run, change }) => {
      const planned = await run({ command: "plan", target: "prod" });
      change(shared("CAN_MANAGE", "SELECT"));
      const step = await run({ target: "prod", plan: planned.outputs["planPath"] ?? "" });
      expect(errorsOf(step)).toEqual([
        expect.stringMatching(
          /nothing was deployed\. jobs\.a\.permissions: create with other values; schemas\.s\.grants: create with other values\./,
        ),
      ]);
    }));

  it("names both commits where the plan was made of another one", () => {
    const hello = greeting("Hello", "1");
    const other = { job: { variables: { "Build.SourceVersion": "91c0ffee" } } };
    return withCheckout(lab, node, hello, async (planner) =>
      withCheckout(
        lab,
        node,
        hello,
        async ({ run }) => {
          const { outputs } = await planner.run({ command: "plan", target: "prod" });
          const step = await run({ target: "prod", plan: outputs["planPath"] ?? "" });
          expect(step).toMatchObject({
            result: "Succeeded",
            issues: [
              {
                type: "warning",
                message: expect.stringMatching(
                  /plan was made of commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904, this deploy is of commit 91c0ffee\./,
                ),
              },
            ],
          });
        },
        other,
      ),
    );
  });

  it.each([
    ["its build", wheel],
    ["the CLI", dynamicWheel],
  ])("takes a new version stamp that a wheel gets from %s for no difference", async (_, files) => {
    const { cli, commands } = await notedCli(lab);
    await withCheckout(
      lab,
      node,
      files,
      async ({ run }) => {
        const wheels = async () => (await lab.workspace.files()).filter((file) => /\/\.internal\/.*\.whl$/.test(file));
        const planned = await run({ command: "plan" });
        const plan = planned.outputs["planPath"] ?? "";
        const deployed = await run({ plan });
        expect(deployed).toMatchObject({ result: "Succeeded", issues: [] });
        expect(commands().slice(2)).toEqual(["bundle plan", "bundle summary", "bundle deploy", "bundle summary"]);
        expect(await wheels()).toEqual([expect.stringMatching(/demo-0\.1\.0\+\d+-py3-none-any\.whl$/)]);
      },
      { cli },
    );
  });

  it("refuses a file that is no plan, before any network", () =>
    withCheckout(lab, node, greeting("Hello", "1"), async ({ run }) => {
      const before = lab.azureDevOps.requests.length;
      const step = await run({ plan: "bundle/databricks.yml" });
      expect(errorsOf(step)).toEqual([expect.stringMatching(/plan: .*databricks\.yml is no plan/)]);
      expect(lab.azureDevOps.requests).toHaveLength(before);
    }));

  it("says in a pull request's build what it would change", () =>
    withCheckout(
      lab,
      node,
      greeting("Hello", "1"),
      async ({ run }) => {
        const step = await run({ command: "plan" });
        expect(step.summaries[0]?.content).toContain("what this pull request would change");
      },
      { job: { variables: { "Build.Reason": "PullRequest" } } },
    ));
});
