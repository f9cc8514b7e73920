import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { inputProblems } from "./input-values.ts";
import { pipelineSchema } from "./pipeline-schema.ts";
import { markdownFiles, matches, read, type TaskDefinition, tasks } from "./project.ts";

const validate = new Ajv({ allowUnionTypes: true }).compile(pipelineSchema);
const pipeline = read("azure-pipelines.yml");

describe("azure-pipelines.yml", () => {
  it("accepts azure-pipelines.yml as a pipeline", () => {
    expect(validate(parse(pipeline)), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    ["an unknown key", "jobs:", "job:"],
    ["a step of no kind", "- script: npm ci", "- run: npm ci"],
    ["a task without a version", "UseNode@1", "UseNode"],
    ["a task that does not exist", "UseNode@1", "UseNodes@1"],
    ["an input that its task lacks", "version: 24.x", "versionSpec: 24.x"],
    ["a number for a version", "version: 1.26.0", "version: 1.26"],
    ["a value that its task does not know", "scriptType: bash", "scriptType: shell"],
    ["a task without the input that it needs", "scriptType: bash", "visibleAzLogin: false"],
    ["a strategy without a deployment", "deploy:\n", "release:\n"],
  ])("does not accept azure-pipelines.yml with %s", (_what, right, wrong) => {
    expect(validate(parse(pipeline.replace(right, wrong)))).toBe(false);
  });

  it("tests before it publishes, publishes only releases, and does not contain a secret", () => {
    const { stages } = parse(pipeline) as { stages: { stage: string; dependsOn?: string; condition?: string }[] };
    expect(stages).toMatchObject([{ stage: "build" }, { stage: "publish", dependsOn: "build" }]);
    expect(stages[1]?.condition).toContain("refs/tags/v");
    expect(pipeline).toContain("npm test");
  });

  it("uses only variables that Azure DevOps itself sets for the run, because secrets are variables", () => {
    const macros = matches(pipeline, /\$\(([\w.-]+)\)/g);
    for (const macro of macros) expect(macro).toMatch(/^(Agent|Build|Pipeline|System)\.\w+$/);
    expect(macros).not.toContain("System.AccessToken");
    for (const name of matches(pipeline, /variables(?:\.|\[')([\w.]+)/g)) expect(name).toMatch(/^Build\./);
    expect(pipeline).not.toMatch(/\$\[|\$\{\{|^\s*variables:|^\s*- group:/m);
  });

  it("names a version of Go that can be downloaded", () => {
    expect(matches(pipeline, /GoTool@0[\s\S]*?^ +version: (\S+)/gm)).toEqual([
      expect.stringMatching(/^\d+\.\d+\.\d+$/),
    ]);
  });

  it("does not run install scripts on Windows and macOS, where npm lacks the Node versions that tests run on", () => {
    type Job = {
      readonly pool?: { readonly vmImage: string };
      readonly steps: readonly { readonly script?: string }[];
    };
    const [{ jobs } = { jobs: [] }] = (parse(pipeline) as { stages: { jobs: Job[] }[] }).stages;
    const elsewhere = jobs.filter(({ pool }) => pool !== undefined);
    expect(elsewhere.map(({ pool }) => pool?.vmImage)).toEqual(["windows-2025", "macos-latest"]);
    for (const { steps } of elsewhere) {
      expect(steps.flatMap(({ script }) => script ?? [])[0]).toBe("npm ci --ignore-scripts");
    }
  });

  it("publishes with a token of the connection that is valid for an hour", () => {
    expect(pipeline).toContain("token=$(az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798");
    expect(matches(pipeline, /--token (\S+)/g)).toEqual(['"$token"']);
    expect(pipeline).toContain("allowNoSubscriptions: true");
  });
});

/** Every pipeline that the project's pages show, with the page it is on. */
const samples = markdownFiles()
  .flatMap((page) => matches(read(page), /^ *```yaml\n([\s\S]*?)^ *```/gm).map((text) => ({ page, text })))
  .concat({ page: "examples/azure-pipelines.yml", text: read("examples", "azure-pipelines.yml") })
  .map((sample) => ({ ...sample, content: parse(sample.text) as Record<string, unknown> }))
  .filter(({ content }) => ["steps", "jobs", "stages"].some((key) => key in content));

describe("the pipelines in the documentation", () => {
  it.each(samples)("accepts the pipelines of $page", ({ content, text }) => {
    expect(validate(content), `${JSON.stringify(validate.errors)}\n${text}`).toBe(true);
  });

  it.each(samples)("finds only valid inputs and values of the tasks in $page", ({ content }) => {
    for (const { task, inputs = {} } of stepsOf(content)) {
      const definition = tasks.find(({ name }) => task === `${name}@1`)?.definition;
      if (definition) expect(inputProblems(definition, inputs)).toEqual([]);
    }
  });

  it.each([
    ["an unknown input", { versions: "1.x" }],
    ["an unknown version", { version: "bundel of fun" }],
    ["a number for a version", { version: 1.1 }],
    ["a word for true or false", { reuseInstalled: "no" }],
    ["a short digest", { checksum: "0f4a" }],
  ])("refuses a step with %s", (_what, inputs) => {
    const definition = tasks.find(({ name }) => name === "DatabricksCliInstaller")?.definition as TaskDefinition;
    const [[key = "", value] = []] = Object.entries(inputs);
    expect(inputProblems(definition, inputs)).toEqual([`${key}: ${JSON.stringify(value)}`]);
  });

  it.each([
    ["an unknown command", { command: "apply" }],
    ["a workspace without https", { workspaceUrl: "http://adb-1234567890123456.7.azuredatabricks.net" }],
    ["a variable without a value", { variables: "region=emea\ncolour" }],
    ["an open quote", { arguments: '--strict "' }],
  ])("refuses a deploy step with %s, and without a connection", (_what, inputs) => {
    const definition = tasks.find(({ name }) => name === "DatabricksBundleDeploy")?.definition as TaskDefinition;
    const [[key = "", value] = []] = Object.entries(inputs);
    const problems = [`${key}: ${JSON.stringify(value)}`, "connectedServiceNameARM is missing"];
    expect(inputProblems(definition, inputs)).toEqual(problems);
  });

  it("finds pipelines in the documentation", () => {
    expect(samples.length).toBeGreaterThan(5);
  });
});

/** Every task step of a pipeline, however deep. */
function stepsOf(content: unknown): { task: string; inputs?: Record<string, unknown> }[] {
  if (typeof content !== "object" || content === null) return [];
  if ("task" in content) return [content as { task: string }];
  return Object.values(content).flatMap(stepsOf);
}
