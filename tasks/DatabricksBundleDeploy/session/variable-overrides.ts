import fs from "node:fs";
import path from "node:path";
import type { Declared } from "../../common/databricks/bundle/declared.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { parsedMembers } from "../../common/pipeline/json.ts";
import { type BundleVariables, isSet } from "./variables.ts";

/** The file with values of a target's variables: in the bundle's folder, wherever the CLI keeps its local state. */
export function variableOverridesFile(folder: string, target: string): string {
  // databricks/cli, bundle/config/mutator/set_variables.go
  return path.join(folder, ".databricks", "bundle", target, "variable-overrides.json");
}

/**
 * Throws a UserError for variables in variable-overrides.json that the CLI would ignore: those that the bundle does not declare, and
 * those that it looks up, if they are not `given` in another way. The CLI explains a file that it cannot read.
 */
export function refuseIgnoredOverrides(
  folder: string,
  { target, variables, lookups }: Pick<Declared, "target" | "variables" | "lookups">,
  given: Pick<BundleVariables, "set">,
): void {
  if (target === undefined || variables === undefined) return;
  const file = variableOverridesFile(folder, target);
  const overrides = overridesIn(file);
  const names = Object.keys(overrides);
  const name = path.relative(folder, file);
  const unknown = names.filter((key) => !variables.includes(key));
  if (unknown.length > 0) {
    throw new UserError(
      `${name} sets ${unknown.join(", ")}, which the bundle does not declare. Its declared variables: ${variables.join(", ") || "none"}.`,
      { hint: "Correct the name in the file, or declare it under variables in databricks.yml.", section: "inputs" },
    );
  }
  const lookedUp = names.filter((key) => lookups.includes(key) && overrides[key] !== null && !isSet(given, key));
  if (lookedUp.length === 0) return;
  throw new UserError(
    `${name} sets ${lookedUp.join(", ")}, which the bundle looks up in the workspace (lookup). The CLI would ignore the value in the file.`,
    { hint: "Set it in the input variables, or remove it from the file.", section: "inputs" },
  );
}

function overridesIn(file: string): Record<string, unknown> {
  try {
    return parsedMembers(fs.readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}
