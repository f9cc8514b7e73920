import fs from "node:fs";
import path from "node:path";
import type { Declared } from "../../common/databricks/bundle/declared.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { parsedMembers } from "../../common/pipeline/json.ts";

/** The file with values of a target's variables: in the bundle's folder, wherever the CLI keeps its local state. */
export function variableOverridesFile(folder: string, target: string): string {
  // databricks/cli, bundle/config/mutator/set_variables.go
  return path.join(folder, ".databricks", "bundle", target, "variable-overrides.json");
}

/**
 * Throws a UserError for variables in variable-overrides.json that the bundle does not declare: the CLI ignores them, and would
 * deploy the defaults. It explains a file that it cannot read by itself.
 */
export function refuseUnknownOverrides(folder: string, { target, variables }: Declared): void {
  if (target === undefined || variables === undefined) return;
  const file = variableOverridesFile(folder, target);
  const unknown = Object.keys(overridesIn(file)).filter((key) => !variables.includes(key));
  if (unknown.length === 0) return;
  const name = path.relative(folder, file);
  throw new UserError(
    `${name} sets ${unknown.join(", ")}, which the bundle does not declare. Its declared variables: ${variables.join(", ") || "none"}.`,
    { hint: "Correct the name in the file, or declare it under variables in databricks.yml.", section: "inputs" },
  );
}

function overridesIn(file: string): Record<string, unknown> {
  try {
    return parsedMembers(fs.readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}
