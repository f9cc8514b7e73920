import fs from "node:fs";
import path from "node:path";
import { bundleFileNames } from "../common/databricks/bundle.ts";
import { workspaceOrigin } from "../common/databricks/hosts.ts";
import { type InputReader, inputReader } from "../common/pipeline/inputs.ts";

export interface DeployInputs {
  /** Id (GUID, lower case) of the service connection. */
  readonly connectionId: string;
  /** `https://name`; undefined when the bundle names its workspace. */
  readonly host: string | undefined;
  /** Absolute path of the folder that holds databricks.yml. */
  readonly folder: string;
  readonly target: string | undefined;
  /** Bundle variables by name. */
  readonly variables: Readonly<Record<string, string>>;
}

/** All inputs of the step, checked together; throws one UserError that names every problem. */
export function loadInputs(): DeployInputs {
  const reader = inputReader();
  const inputs: DeployInputs = {
    connectionId: reader.required("connectedServiceNameARM").toLowerCase(),
    host: workspaceHost(reader),
    folder: bundleFolder(reader),
    target: reader.text("target"),
    variables: bundleVariables(reader),
  };
  reader.finish();
  return Object.freeze(inputs);
}

function workspaceHost(reader: InputReader): string | undefined {
  const text = reader.text("workspaceUrl");
  if (text === undefined) return undefined;
  const origin = workspaceOrigin(text);
  if (origin === undefined) {
    reader.problem(
      "workspaceUrl",
      `"${text}" is no https address such as https://adb-1234567890123456.7.azuredatabricks.net.`,
    );
  }
  return origin;
}

function bundleFolder(reader: InputReader): string {
  const folder = reader.folder("workingDirectory");
  const found = bundleFileNames.some((name) => fs.existsSync(path.join(folder, name)));
  if (!found && fs.existsSync(folder)) {
    reader.problem("workingDirectory", `there is no databricks.yml in ${folder}. Name the folder that holds it.`);
  }
  return folder;
}

/** `name=value` lines; the value is taken as it stands, up to the line's end. */
function bundleVariables(reader: InputReader): Record<string, string> {
  const variables = new Map<string, string>();
  for (const line of (reader.text("variables") ?? "").split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const [, name, value] = /^\s*([A-Za-z_][\w-]*)\s*=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) reader.problem("variables", `"${line.trim()}" is not name=value.`);
    else if (variables.has(name)) reader.problem("variables", `${name} is set twice.`);
    else variables.set(name, value);
  }
  return Object.fromEntries(variables);
}
