import fs from "node:fs";
import path from "node:path";
import { bundleDigest } from "../../common/databricks/bundle/digest.ts";
import { isOfOneStep } from "../../common/databricks/cli/environment.ts";
import { localFolder, localTargets } from "../../common/databricks/cli/state.ts";
import type { DeploymentPlace } from "../../common/databricks/cli/summary.ts";
import { members, parsedMembers, textOf } from "../../common/pipeline/json.ts";
import type { Step } from "../session/step.ts";
import { readText } from "./local-files.ts";

/** In a target's local folder: where its deployment is kept. */
const noteName = "azure-pipelines.place.json";

const knownVersion = 1;

/**
 * Where the deployment is kept, as the last deploy on this agent has noted it; undefined if there is no note, or if anything
 * that decides it may have changed since.
 */
export async function notedPlace(step: Step): Promise<DeploymentPlace | undefined> {
  const targets = step.cli.target === undefined ? localTargets(step.cli) : [step.cli.target];
  for (const target of targets) {
    const text = readText(localFolder(step.cli, target), noteName);
    if (text === undefined) continue;
    const { version, digest, ...rest } = parsedMembers(text);
    const place = placeIn(members(rest["place"]));
    if (version === knownVersion && place && digest === (await digestOf(step, target))) return place;
  }
  return undefined;
}

/** Notes where the deployment is kept, as the CLI has just resolved it. */
export async function notePlace(step: Step, place: DeploymentPlace): Promise<void> {
  const digest = await digestOf(step, place.target);
  const file = path.join(localFolder(step.cli, place.target), noteName);
  if (digest === undefined) fs.rmSync(file, { force: true });
  else fs.writeFileSync(file, JSON.stringify({ version: knownVersion, digest, place }));
}

async function digestOf(step: Step, target: string): Promise<string | undefined> {
  const { folder, executable, environment } = step.cli;
  const { size, mtimeMs } = fs.statSync(executable);
  const variables = Object.entries(environment).filter(
    ([name]) => /^(BUNDLE_VAR|DATABRICKS)_/i.test(name) && !isOfOneStep(name),
  );
  const settings = {
    target: step.cli.target,
    arguments: step.inputs.arguments,
    identity: step.identity,
    cli: { executable, size, mtimeMs },
    variables: variables.toSorted(),
  };
  return bundleDigest(folder, await import("yaml"), {
    settings: JSON.stringify(settings),
    files: [path.join(localFolder(step.cli, target), "variable-overrides.json")],
  });
}

function placeIn(values: Readonly<Record<string, unknown>>): DeploymentPlace | undefined {
  const [target, rootPath, statePath, filePath] = ["target", "rootPath", "statePath", "filePath"].map((name) =>
    textOf(values[name]),
  );
  const { locks } = values;
  if (!target || !rootPath || !statePath || !filePath || typeof locks !== "boolean") return undefined;
  return { target, rootPath, statePath, filePath, locks };
}
