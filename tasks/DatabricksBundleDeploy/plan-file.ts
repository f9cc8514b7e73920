import fs from "node:fs";
import type { PlannedAction, PlannedResource } from "../common/databricks/cli/plan.ts";
import { causeInWords, errorCode } from "../common/pipeline/file-failure.ts";
import type { InputReader } from "../common/pipeline/inputs.ts";
import { members, parsedMembers, textOf } from "../common/pipeline/json.ts";

/** The contents of the file that `planPath` points to: what a deploy would do, without the values of fields. */
export interface PlanFile {
  /** Name of the bundle. */
  readonly bundle: string;
  readonly target: string;
  readonly workspaceUrl: string;
  /** Commit of the sources; undefined if the job had none. */
  readonly commit: string | undefined;
  /** Application ID of the service principal that planned; undefined if the file is older than this member. */
  readonly identity?: string | undefined;
  readonly resources: readonly PlannedResource[];
}

const format = "databricks-bundle-plan/1";

/** `mask` hides secrets in names, as in the log. */
export function formatPlanFile(plan: PlanFile, mask: (text: string) => string): string {
  return `${JSON.stringify({ format, ...maskedPlan(plan, mask) }, undefined, 2)}\n`;
}

/** A plan as its file shows it, so that two plans compare equal if only hidden parts differ; keys stay distinct. */
export function maskedPlan(plan: PlanFile, mask: (text: string) => string): PlanFile {
  const seen = new Map<string, number>();
  const keyOf = (key: string) => {
    const masked = mask(key);
    const count = (seen.get(masked) ?? 0) + 1;
    seen.set(masked, count);
    return count === 1 ? masked : `${masked} (${count})`;
  };
  const { bundle, target, workspaceUrl, commit, identity, resources } = plan;
  return {
    bundle: mask(bundle),
    target: mask(target),
    workspaceUrl: mask(workspaceUrl),
    commit,
    identity: identity === undefined ? undefined : mask(identity),
    resources: resources.map(({ key, action, fields, digest }) => {
      return { key: keyOf(key), action, fields: fields.map(mask), digest };
    }),
  };
}

const downloadAdvice =
  'Before this step, add "- download: current" with the artifact of the planning step, or check the path.';

/** Reads the plan file that the input `plan` names; undefined without that input, or after reporting a problem with it. */
export function readPlanFile(reader: InputReader): PlanFile | undefined {
  const file = reader.file("plan", downloadAdvice);
  if (file === undefined) return undefined;
  try {
    const plan = parsePlanFile(fs.readFileSync(file, "utf8"));
    if (plan !== undefined) return plan;
    const advice = "Use the file that command: plan writes (output planPath).";
    reader.problem("plan", `${file} is not a plan file of this task. ${advice}`);
  } catch (error) {
    reader.problem("plan", `${file} cannot be read: ${causeInWords(errorCode(error)) ?? String(error)}.`);
  }
  return undefined;
}

/** undefined if the text is not a plan file. */
export function parsePlanFile(text: string): PlanFile | undefined {
  const root = parsedMembers(text);
  const resources = root["resources"];
  if (root["format"] !== format || !Array.isArray(resources)) return undefined;
  if (!resources.every((entry) => isListOfTexts(members(entry)["fields"] ?? []))) return undefined;
  return {
    bundle: textOf(root["bundle"]) ?? "",
    target: textOf(root["target"]) ?? "",
    workspaceUrl: textOf(root["workspaceUrl"]) ?? "",
    commit: textOf(root["commit"]),
    identity: textOf(root["identity"]),
    resources: resources.map((entry) => {
      const { key, action, fields, digest } = members(entry);
      return {
        key: textOf(key) ?? "",
        action: (textOf(action) ?? "skip") as PlannedAction,
        fields: isListOfTexts(fields) ? fields : [],
        digest: textOf(digest),
      };
    }),
  };
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

/** The differences of the current plan from the approved one, one per line. */
export function planDifferences(approved: PlanFile, now: PlanFile): string[] {
  const places = (["bundle", "target", "workspaceUrl"] as const).flatMap((name) =>
    approved[name] === now[name] ? [] : [`${name}: approved for ${approved[name]}, now ${now[name]}`],
  );
  const before = new Map(approved.resources.map((resource) => [resource.key, resource]));
  const after = new Map(now.resources.map((resource) => [resource.key, resource]));
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return [...places, ...keys.flatMap((key) => resourceDifference(key, before.get(key), after.get(key)) ?? [])];
}

function resourceDifference(
  key: string,
  before: PlannedResource | undefined,
  after: PlannedResource | undefined,
): string | undefined {
  if (before === undefined) return `${key}: was not in the approved plan, now ${after && wordOf(after)}`;
  if (after === undefined) return `${key}: approved as ${wordOf(before)}, now not in the plan`;
  const parts: string[] = [];
  if (before.action !== after.action) parts.push(`approved as ${wordOf(before)}, now ${wordOf(after)}`);
  const added = after.fields.filter((field) => !before.fields.includes(field));
  const dropped = before.fields.filter((field) => !after.fields.includes(field));
  if (added.length > 0) parts.push(`now also changes ${added.join(", ")}`);
  if (dropped.length > 0) parts.push(`no longer changes ${dropped.join(", ")}`);
  if (parts.length === 0 && before.digest !== after.digest) {
    const fields = after.fields.length > 0 ? ` of ${after.fields.join(", ")}` : "";
    parts.push(`${wordOf(after)} with different values${fields}`);
  }
  return parts.length === 0 ? undefined : `${key}: ${parts.join("; ")}`;
}

function wordOf({ action }: PlannedResource): string {
  return action === "skip" ? "unchanged" : action;
}

/** Whether the approved plan has been deployed: it had changes, and the current plan has none. */
export function isDeployed(approved: PlanFile, now: PlanFile): boolean {
  const hasWork = ({ resources }: PlanFile) => resources.some(({ action }) => action !== "skip");
  return hasWork(approved) && !hasWork(now);
}
