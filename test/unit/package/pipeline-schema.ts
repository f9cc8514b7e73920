import { taskNames } from "../../../scripts/project.ts";
import { inboxTasks } from "./inbox-tasks.ts";

type Properties = Record<string, object>;

/** A mapping with these keys and no others; `first`, which says what kind of thing it is, is required. */
function mapping(first: string | undefined, properties: Properties): object {
  return { type: "object", additionalProperties: false, required: first ? [first] : [], properties };
}

const text = { type: "string" };
const flag = { type: "boolean" };
const count = { type: "integer", minimum: 0 };
const named = { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*$" };
/** May contain macros. */
const artifactName = { type: "string", pattern: "^[A-Za-z0-9_.$()-]+$" };
const textOrList = { anyOf: [text, { type: "array", items: text }] };
const textMap = { type: "object", additionalProperties: { type: ["string", "boolean", "integer"] } };
const pool = { anyOf: [text, mapping(undefined, { name: text, vmImage: text, demands: textOrList })] };
const listed = mapping(undefined, { include: { type: "array", items: text }, exclude: { type: "array", items: text } });
const filters = { branches: listed, paths: listed, tags: listed };

/** What every step may say of itself. */
const stepProperties: Properties = {
  displayName: text,
  name: named,
  condition: text,
  continueOnError: flag,
  enabled: flag,
  env: textMap,
  timeoutInMinutes: count,
  retryCountOnTaskFailure: count,
  target: {},
};

/** Their inputs are compared with the task definitions, not here. */
const ownTask = mapping("task", {
  task: { enum: taskNames.map((name) => `${name}@1`) },
  inputs: textMap,
  ...stepProperties,
});

const inboxTask = Object.entries(inboxTasks).map(([task, { inputs, required }]) => ({
  type: "object",
  additionalProperties: false,
  required: ["task", "inputs"],
  properties: { task: { const: task }, inputs: { ...mapping(undefined, inputs), required }, ...stepProperties },
}));

const step = {
  anyOf: [
    ownTask,
    ...inboxTask,
    mapping("script", { script: text, workingDirectory: text, failOnStderr: flag, ...stepProperties }),
    mapping("bash", { bash: text, workingDirectory: text, failOnStderr: flag, ...stepProperties }),
    mapping("publish", { publish: text, artifact: artifactName, ...stepProperties }),
    mapping("download", { download: text, artifact: artifactName, patterns: text, ...stepProperties }),
    mapping("checkout", {
      checkout: text,
      clean: flag,
      fetchDepth: count,
      fetchTags: flag,
      lfs: flag,
      persistCredentials: flag,
      path: text,
      submodules: {},
      ...stepProperties,
    }),
  ],
};
const steps = { type: "array", minItems: 1, items: step };

const jobProperties: Properties = {
  displayName: text,
  dependsOn: textOrList,
  condition: text,
  continueOnError: flag,
  timeoutInMinutes: count,
  cancelTimeoutInMinutes: count,
  pool,
  variables: {},
};

const hook = mapping("steps", { steps, pool });
const runOnce = mapping("deploy", {
  preDeploy: hook,
  deploy: hook,
  routeTraffic: hook,
  postRouteTraffic: hook,
  on: mapping(undefined, { success: hook, failure: hook }),
});
const environment = { anyOf: [text, mapping("name", { name: text, resourceName: text, resourceType: text })] };
const matrix = mapping("matrix", {
  matrix: { type: "object", additionalProperties: textMap },
  maxParallel: count,
});

const job = {
  anyOf: [
    mapping("job", { job: named, steps, strategy: matrix, workspace: {}, container: {}, ...jobProperties }),
    mapping("deployment", {
      deployment: named,
      environment,
      strategy: mapping("runOnce", { runOnce }),
      ...jobProperties,
    }),
  ],
};
const jobs = { type: "array", minItems: 1, items: job };

const stage = mapping("stage", {
  stage: named,
  displayName: text,
  dependsOn: { anyOf: [textOrList, { type: "array", maxItems: 0 }] },
  condition: text,
  pool,
  variables: {},
  jobs,
});

const pipelineProperties: Properties = {
  name: text,
  trigger: { anyOf: [text, { type: "array", items: text }, mapping(undefined, { batch: flag, ...filters })] },
  pr: {
    anyOf: [text, { type: "array", items: text }, mapping(undefined, { autoCancel: flag, drafts: flag, ...filters })],
  },
  schedules: {},
  resources: {},
  parameters: {},
  variables: {},
  pool,
};

const extended = mapping("template", { template: text, parameters: textMap });

/** The public YAML schema of Azure Pipelines in our own words, as far as the project's pipelines and templates use it. */
export const pipelineSchema = {
  anyOf: [
    mapping("stages", { stages: { type: "array", minItems: 1, items: stage }, ...pipelineProperties }),
    mapping("jobs", { jobs, ...pipelineProperties }),
    mapping("steps", { steps, strategy: matrix, workspace: {}, container: {}, ...pipelineProperties }),
    mapping("extends", { extends: extended, ...pipelineProperties }),
  ],
};
