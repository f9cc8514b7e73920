/** An object with these properties and no others; those whose key ends in `!` are required. */
function strict(properties: Record<string, object>): object {
  const required = Object.keys(properties).filter((key) => key.endsWith("!"));
  return {
    type: "object",
    additionalProperties: false,
    required: required.map((key) => key.slice(0, -1)),
    properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key.replace("!", ""), value])),
  };
}

const text = { type: "string", minLength: 1 };
const flag = { type: "boolean" };
const name = { type: "string", pattern: "^[A-Za-z][A-Za-z0-9]*$" };
const number = { type: "integer", minimum: 0 };
const list = (items: object) => ({ type: "array", items, uniqueItems: true });
const oneOf = (...values: string[]) => ({ enum: values });

const input = strict({
  "name!": name,
  "label!": text,
  "type!": {
    anyOf: [
      oneOf("boolean", "filePath", "int", "multiLine", "pickList", "radio", "secureFile", "string"),
      { type: "string", pattern: "^connectedService:.+$" },
    ],
  },
  "helpMarkDown!": text,
  "required!": flag,
  aliases: list(name),
  defaultValue: text,
  groupName: text,
  visibleRule: text,
  options: { type: "object", additionalProperties: text },
  properties: strict({
    EditableOptions: oneOf("True", "False"),
    resizable: flag,
    rows: { type: "string", pattern: "^\\d+$" },
  }),
});

const dataSourceBinding = strict({
  "target!": name,
  "endpointId!": text,
  endpointUrl: text,
  dataSourceName: text,
  resultSelector: text,
  resultTemplate: text,
  parameters: { type: "object" },
  callbackContextTemplate: text,
  callbackRequiredTemplate: text,
  initialContextTemplate: text,
});

const handler = strict({ "target!": text });
const handlers = strict({ "Node24!": handler, "Node20_1!": handler });

/**
 * What a task definition of ours may hold: the facts of the public task schema (tasks.schema.json of
 * azure-pipelines-task-lib), narrower where this project decides: required texts, these two handlers. `Tool` is a category
 * of Azure's own installers that the public schema forgets. The version is not in the sources: packaging stamps it.
 */
export const taskSchema = strict({
  $schema: text,
  "id!": { type: "string", pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" },
  "name!": name,
  "friendlyName!": { type: "string", minLength: 1, maxLength: 40 },
  "description!": text,
  "helpUrl!": { type: "string", pattern: "^https://" },
  "helpMarkDown!": text,
  "author!": text,
  "category!": oneOf("Build", "Utility", "Test", "Package", "Deploy", "Tool"),
  // Without Release and DeploymentGroup the tasks vanish from classic releases.
  "visibility!": { const: ["Build", "Release"] },
  "runsOn!": { const: ["Agent", "DeploymentGroup"] },
  version: strict({ "Major!": number, "Minor!": number, "Patch!": number }),
  "minimumAgentVersion!": { type: "string", pattern: "^\\d+\\.\\d+\\.\\d+$" },
  "instanceNameFormat!": text,
  "releaseNotes!": text,
  preview: flag,
  // The only way for classic releases to give a step variables such as BUNDLE_VAR_name.
  "showEnvironmentVariables!": { const: true },
  groups: list(strict({ "name!": text, "displayName!": text, "isExpanded!": flag, visibleRule: text })),
  "inputs!": list(input),
  dataSourceBindings: list(dataSourceBinding),
  "outputVariables!": list(strict({ "name!": name, "description!": text })),
  "restrictions!": strict({
    commands: strict({ "mode!": { const: "restricted" } }),
    "settableVariables!": strict({ "allowed!": list(text) }),
  }),
  "execution!": handlers,
  postjobexecution: handlers,
});
