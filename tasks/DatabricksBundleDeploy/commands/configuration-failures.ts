import { UserError } from "../../common/pipeline/errors.ts";
import { withoutEnd } from "../../common/pipeline/secrets.ts";

export function missingVariables(names: readonly string[]): UserError {
  const [are, have] = names.length === 1 ? ["The bundle variable", "has"] : ["The bundle variables", "have"];
  return new UserError(`${are} ${names.join(", ")} ${have} no value.`, {
    hint: `Set it in the input variables, one ${names[0]}=value per line, or give it a default in the bundle.`,
    section: "inputs",
  });
}

export function complexVariable(name: string): UserError {
  return new UserError(
    `The bundle variable ${name} is a complex variable. The input "variables" and BUNDLE_VAR_${name} can contain only text.`,
    {
      hint:
        `Write {"${name}": …} to .databricks/bundle/<target>/variable-overrides.json in the bundle's folder before this step, ` +
        "or set its value in the bundle target.",
      section: "inputs",
    },
  );
}

export function noSuchTarget(target: string, targets: string): UserError {
  return new UserError(`The bundle has no target ${target}. Its targets: ${withoutEnd(targets, /\.$/)}.`, {
    hint: "Correct the input target or, if it is empty, the variable DATABRICKS_BUNDLE_TARGET. Upper and lower case must match.",
    section: "inputs",
  });
}

export function noDefaultTarget(): UserError {
  return new UserError("The bundle has several targets and no default target, and the input target is empty.", {
    hint: "Set the input target, or set default: true in one target of the bundle.",
    section: "inputs",
  });
}
