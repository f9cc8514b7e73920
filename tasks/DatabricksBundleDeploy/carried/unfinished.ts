import {
  parseResourceState,
  parseWriteAheadLog,
  type ResourceState,
  type WriteAheadLog,
} from "../../common/databricks/cli/resource-state.ts";
import { members, parsedMembers, textOf } from "../../common/pipeline/json.ts";

/** What a deployment has done that is not in the workspace's state yet: the files of the CLI that would be lost with the agent. */
export interface Unfinished {
  /** The workspace's state when it began; undefined if there was none. */
  readonly follows: ResourceState | undefined;
  /** The CLI's local state, if it is newer than the workspace's. */
  readonly state: string | undefined;
  /** The CLI's write-ahead log, if it has changes. */
  readonly log: string | undefined;
}

/** In the state folder of the workspace, while a deployment runs, and after it if it was interrupted. */
export const unfinishedName = "azure-pipelines.unfinished.json";

const knownVersion = 1;
const about =
  "Written by the task DatabricksBundleDeploy: what a deployment has created and not recorded yet. The next deploy continues " +
  "from here. If this file is deleted, that deploy can create the same resources again.";

export function formatUnfinished({ follows, state, log }: Unfinished): string {
  return `${JSON.stringify({ version: knownVersion, about, follows: follows ?? null, state, log })}\n`;
}

/** undefined if it is of another version, or not complete. */
export function parseUnfinished(text: string): Unfinished | undefined {
  const root = parsedMembers(text);
  const { lineage, serial } = members(root["follows"]);
  const known = textOf(lineage);
  if (
    root["version"] !== knownVersion ||
    (root["follows"] !== null && (known === undefined || typeof serial !== "number"))
  )
    return undefined;
  const follows = known !== undefined && typeof serial === "number" ? { lineage: known, serial } : undefined;
  const unfinished = { follows, state: textOf(root["state"]), log: textOf(root["log"]) };
  return reach(unfinished) === undefined ? undefined : unfinished;
}

/** The state that the two lead to; undefined if there is neither, or if the form of one is unknown. */
export function reach({ state, log }: Pick<Unfinished, "state" | "log">): ResourceState | undefined {
  const ofState = state === undefined ? undefined : parseResourceState(state);
  const ofLog = log === undefined ? undefined : parseWriteAheadLog(log);
  if ((state !== undefined && !ofState) || (log !== undefined && !ofLog)) return undefined;
  return ofLog?.becomes ?? ofState;
}

/** Whether the CLI would accept a log on top of a state (mergeWalIntoState): it ignores an older one, and refuses others. */
export function isAccepted({ becomes }: WriteAheadLog, state: ResourceState | undefined): boolean {
  if (state !== undefined && state.lineage !== becomes.lineage) return false;
  return becomes.serial <= (state?.serial ?? 0) + 1;
}
