import { describe, expect, it } from "vitest";
import { UsageError } from "../../demo/arguments.ts";
import { type Pipeline, readPipeline } from "../../demo/pipeline.ts";

const deploy = "{ task: DatabricksBundleDeploy@1, inputs: { azureSubscription: my-connection } }";

const steps = (...lines: string[]): Pipeline => readPipeline(`steps:\n${lines.map((line) => `- ${line}\n`).join("")}`);
const notes = (pipeline: Pipeline) => pipeline.steps.flatMap((step) => step.notes);
const tasks = (pipeline: Pipeline) => pipeline.steps.map(({ settings }) => settings?.task);

describe("a pipeline", () => {
  it("gives each step what an author can write for it", () => {
    const { steps: read, variables } = readPipeline(`
      trigger: [main]
      pool: { vmImage: ubuntu-latest }
      variables: { region: emea }
      steps:
        - task: DatabricksCliInstaller@1
          inputs: { version: 1.10 }
        - task: contoso.databricks.deploy.DatabricksBundleDeploy@1
          name: bundle
          displayName: Deploy it
          inputs: { azureSubscription: my-connection, autoApprove: true }
          env: { LEVEL: 007 }
          continueOnError: true
          timeoutInMinutes: 5
          retryCountOnTaskFailure: 2
          target: { commands: restricted, settableVariables: [a, b] }`);
    expect(read.map(({ settings }) => settings)).toEqual([
      { task: "DatabricksCliInstaller@1", inputs: { version: "1.10" }, env: {}, continueOnError: false },
      {
        task: "DatabricksBundleDeploy@1",
        name: "bundle",
        displayName: "Deploy it",
        inputs: { azureSubscription: "my-connection", autoApprove: "true" },
        env: { LEVEL: "007" },
        continueOnError: true,
        timeoutMs: 300_000,
        retryCountOnTaskFailure: 2,
        commands: "restricted",
        settableVariables: ["a", "b"],
      },
    ]);
    expect(variables).toEqual({ region: "emea" });
  });

  it("has its own variables in the names of connections, as the server resolves them", () => {
    const { steps: read } = readPipeline(
      "{ variables: { Name: mine }, steps: [{ task: DatabricksBundleDeploy@1, inputs: { azureSubscription: a-$(name), target: $(name) } }] }",
    );
    expect(read[0]?.settings?.inputs).toEqual({ azureSubscription: "a-mine", target: "$(name)" });
  });

  it.each([
    ["a job", `jobs: [{ job: deploy, steps: [${deploy}] }]`],
    ["a job of a stage", `stages: [{ stage: dev, jobs: [{ job: deploy, steps: [${deploy}] }] }]`],
  ])("may have its steps in %s", (_where, content) => {
    expect(tasks(readPipeline(content))).toEqual(["DatabricksBundleDeploy@1"]);
  });

  it("has the variables of its stage and its job, the inner ones first", () => {
    const { variables } = readPipeline(`
      variables: [{ name: a, value: root }, { name: b, value: root }]
      stages:
        - variables: { b: stage, c: stage }
          jobs: [{ job: deploy, variables: { c: job }, steps: [${deploy}] }]`);
    expect(variables).toEqual({ a: "root", b: "stage", c: "job" });
  });

  it("says of each step that does not run why it does not", () => {
    const pipeline = steps(
      "checkout: self",
      "script: |\n    pip install build\n    python -m build",
      "bash: make",
      "task: UsePythonVersion@0",
      "{ task: DatabricksBundleDeploy@1, enabled: false }",
      deploy,
    );
    expect(tasks(pipeline)).toEqual([...Array(5).fill(undefined), "DatabricksBundleDeploy@1"]);
    expect(notes(pipeline)).toEqual([
      "Not run: checkout: self (the folder is already in place).",
      "Not run: script: pip install build (the demo runs only the tasks of this project).",
      "Not run: bash: make (the demo runs only the tasks of this project).",
      "Not run: task: UsePythonVersion@0 (the demo runs only the tasks of this project).",
      "Not run: task: DatabricksBundleDeploy@1 (it is disabled).",
    ]);
  });

  it("says that a condition is not evaluated", () => {
    expect(notes(steps("{ task: DatabricksBundleDeploy@1, condition: always() }"))).toEqual([
      "Not evaluated: condition: always(). The step runs if those before it succeed.",
    ]);
  });

  it.each([
    ["broken YAML", "steps: [", /not valid YAML/],
    ["a list", "- a", /not a YAML mapping/],
    ["no steps", "trigger: none", /has no steps/],
    ["none of our tasks", "steps: [{ script: ls }]", /no enabled step with DatabricksCliInstaller@1 or Databricks/],
    [
      "two jobs",
      `jobs: [{ job: a, steps: [${deploy}] }, { job: b, steps: [${deploy}] }]`,
      /exactly one entry in 'jobs'/,
    ],
    ["two stages", "stages: [{ stage: a }, { stage: b }]", /exactly one entry in 'stages'/],
    ["a deployment job", `jobs: [{ deployment: a, strategy: {} }]`, /uses 'deployment', which is not supported/],
    ["a matrix", `jobs: [{ job: a, strategy: { matrix: {} }, steps: [${deploy}] }]`, /uses 'strategy'/],
    ["a template for all", "extends: { template: a.yml }", /uses 'extends'/],
    ["a template of steps", `steps: [{ template: a.yml }, ${deploy}]`, /Step 1 \('template'\) is not a step that/],
    ["steps under an expression", `steps: [{ "\${{ if true }}": [${deploy}] }]`, /Step 1 .* is not a step that/],
    [
      "an expression in a step",
      `steps: [{ task: DatabricksBundleDeploy@1, name: "\${{ parameters.a }}" }]`,
      /Step 1.*template/,
    ],
    ["another checkout", `steps: [{ checkout: git://other }, ${deploy}]`, /Step 1 is not a plain 'checkout: self'/],
    ["an unknown key", "steps: [{ task: DatabricksBundleDeploy@1, input: {} }]", /unknown keys: input/],
    ["a list of inputs", "steps: [{ task: DatabricksBundleDeploy@1, inputs: [a] }]", /inputs must be a mapping/],
    ["a time limit in words", "steps: [{ task: DatabricksBundleDeploy@1, timeoutInMinutes: two }]", /whole number/],
    ["a container", "steps: [{ task: DatabricksBundleDeploy@1, target: { container: a } }]", /'target'/],
    [
      "a variable group",
      `{ variables: [{ group: a }], steps: [${deploy}] }`,
      /'group' in 'variables' is not supported/,
    ],
    ["a variable with an expression", `{ variables: { a: "$[ 1 ]" }, steps: [${deploy}] }`, /'a' has an expression/],
  ])("is refused with %s", (_what, content, message) => {
    expect(() => readPipeline(content)).toThrow(UsageError);
    expect(() => readPipeline(content)).toThrow(message);
  });
});
