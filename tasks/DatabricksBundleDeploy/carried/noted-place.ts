import fs from "node:fs";
import path from "node:path";
import { bundleDigest } from "../../common/databricks/bundle/digest.ts";
import { isOfOneStep } from "../../common/databricks/cli/environment.ts";
import { localFolder, localTargets } from "../../common/databricks/cli/state.ts";
import type { DeploymentPlace } from "../../common/databricks/cli/summary.ts";
import { workspaceIdOf } from "../../common/databricks/workspace/address.ts";
import { debug } from "../../common/pipeline/commands.ts";
import { members, parsedMembers, textOf } from "../../common/pipeline/json.ts";
import type { Step } from "../session/step.ts";
import { variableOverridesFile } from "../session/variable-overrides.ts";
import { readText } from "./local-files.ts";

/** In a target's local folder: which deployment the CLI's local state there belongs to. */
const noteName = "azure-pipelines.place.json";

const knownVersion = 1;

export interface PlaceNote {
  readonly place: DeploymentPlace;
  /** The workspace's ID, or its host where that stands for the workspace; undefined if it was unknown. */
  readonly workspace: string | undefined;
  /** Stays the same as long as nothing has changed that decides the place; undefined if that is not known. */
  readonly digest: string | undefined;
}

/** The note of a target; undefined if there is none, or if it cannot be read. */
export function readPlaceNote(cli: Step["cli"], target: string): PlaceNote | undefined {
  const { version, digest, workspace, ...rest } = parsedMembers(noteText(localFolder(cli, target)) ?? "{}");
  const place = placeIn(members(rest["place"]));
  if (version !== knownVersion || place === undefined) return undefined;
  return { place, workspace: textOf(workspace), digest: textOf(digest) };
}

function noteText(folder: string): string | undefined {
  try {
    return readText(folder, noteName);
  } catch (error) {
    // Not every entry of the CLI's folder is that of a target, and one that this account may read.
    debug(String(error));
    return undefined;
  }
}

/** Replaces the note as a whole: a step that is stopped in here leaves the old one. */
export function writePlaceNote(cli: Step["cli"], { place, workspace, digest }: PlaceNote): void {
  const folder = localFolder(cli, place.target);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, noteName);
  fs.writeFileSync(`${file}.new`, JSON.stringify({ version: knownVersion, digest, workspace, place }));
  fs.renameSync(`${file}.new`, file);
}

/** Whether this agent has noted a place for a target that the step can be for. */
export function hasPlaceNote(step: Pick<Step, "cli">): boolean {
  return localTargets(step.cli).some((target) => readPlaceNote(step.cli, target) !== undefined);
}

/**
 * Where the deployment is kept, as the last step on this agent has noted it; undefined if there is no note, or if anything
 * that decides it may have changed since.
 */
export async function notedPlace(step: Step): Promise<DeploymentPlace | undefined> {
  for (const target of localTargets(step.cli)) {
    const note = readPlaceNote(step.cli, target);
    if (note?.digest !== undefined && note.digest === (await digestOf(step, target))) return note.place;
  }
  return undefined;
}

/** Notes where the deployment is kept, as the CLI has just resolved it. */
export async function notePlace(step: Step, place: DeploymentPlace): Promise<void> {
  writePlaceNote(step.cli, { place, workspace: workspaceOf(step), digest: await digestOf(step, place.target) });
}

/** The same workspace can have several addresses. */
export function workspaceOf({ address }: Pick<Step, "address">): string | undefined {
  const known = address();
  return known && (workspaceIdOf(known) ?? known.host);
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
    // Paths can contain it: it is the CLI's workspace.current_user.short_name.
    identityName: step.identityName,
    cli: { executable, size, mtimeMs },
    variables: variables.toSorted(),
  };
  return bundleDigest(folder, await import("yaml"), {
    settings: JSON.stringify(settings),
    files: [variableOverridesFile(step.cli.folder, target)],
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
