import { setTimeout } from "node:timers/promises";
import {
  parseResourceState,
  parseWriteAheadLog,
  type ResourceState,
  resourceStateName,
  stateBefore,
  writeAheadLogName,
} from "../../common/databricks/cli/resource-state.ts";
import { localFolder } from "../../common/databricks/cli/state.ts";
import type { DeploymentPlace } from "../../common/databricks/cli/summary.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { deleteWorkspaceFile, readWorkspaceFile, writeWorkspaceFile } from "../../common/databricks/workspace/files.ts";
import { cancelBudget } from "../../common/pipeline/cancellation.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { createHttp } from "../../common/pipeline/http.ts";
import { userAgent } from "../../common/product.ts";
import type { Step } from "../session/step.ts";
import type { Continued } from "./bring-back-unfinished.ts";
import { readText } from "./local-files.ts";
import { formatUnfinished, parseUnfinished, reach, unfinishedName } from "./unfinished.ts";
import { watchFolder } from "./watch-folder.ts";

/** Copies what a running deployment has done into the workspace, so that it survives the agent. */
export interface UnfinishedKeeper {
  /** Copies what is left when the CLI has ended, within a limited time. Never throws. */
  flush(): Promise<void>;
  /**
   * Ends the copying, within a limited time. `succeeded`: the CLI has stored everything in the workspace's state, so that the copy
   * is deleted. Returns whether nothing is only on this agent. Never throws.
   */
  finish(succeeded: boolean): Promise<boolean>;
}

/** Watches the local state of a deployment; call it before the CLI starts, which never waits for it. */
export function keepUnfinished(step: Step, place: DeploymentPlace, continued: Continued): UnfinishedKeeper {
  const folder = localFolder(step.cli, place.target);
  const read = unfinishedReader(folder, continued);
  const end = new AbortController();
  const workspace = () => ownConnection(step, end.signal);
  const copy = copier(workspace, `${place.statePath}/${unfinishedName}`, continued.kept);
  const look = () => {
    try {
      copy.offer(read());
    } catch (error) {
      debug(String(error));
    }
  };
  look();
  const stopWatching = watchFolder(folder, look);
  return {
    async flush() {
      stopWatching();
      look();
      await Promise.race([copy.settled(), timeOver(step)]);
    },
    async finish(succeeded) {
      stopWatching();
      void timeOver(step).then(() => end.abort());
      try {
        await copy.settled();
        const isComplete = copy.kept() === (read() ?? copy.kept());
        if (copy.kept() === undefined) return isComplete;
        if (succeeded || (await isStored(workspace(), place, copy.kept()))) await copy.remove();
        else if (isComplete && copy.kept() !== continued.kept) print(interrupted);
        return isComplete;
      } catch (error) {
        debug(`The copy of what the deployment has done: ${String(error)}`);
        return false;
      }
    },
  };
}

/** Resolves when requests that only help the next deploy have had their time, which a cancel shortens. */
async function timeOver({ cancel }: Step): Promise<void> {
  const wait = (ms: number, signal?: AbortSignal) =>
    setTimeout(ms, undefined, { ref: false, ...(signal && { signal }) });
  await wait(30_000, cancel).catch(() => wait(cancelBudget.copyMs));
}

/** Gives what is not in the workspace's state yet, as the text to keep; undefined if there is nothing. */
function unfinishedReader(folder: string, { isAhead, follows }: Continued): () => string | undefined {
  let base = follows;
  let isBaseKnown = isAhead;
  return () => {
    const [stateText, logText] = [resourceStateName, writeAheadLogName].map((name) => readText(folder, name));
    const log = parseWriteAheadLog(logText ?? "");
    const state = parseResourceState(stateText ?? "");
    if (log && !isBaseKnown) {
      // Of several deployments that began at the same time, the CLI may have met a newer state than this step did.
      base = stateBefore(log.becomes);
      isBaseKnown = true;
    }
    const isAfter = (one: ResourceState | undefined) => one !== undefined && one.serial > (base?.serial ?? 0);
    const unfinished = {
      follows: base,
      state: isAfter(state) ? stateText : undefined,
      log: log && log.changes > 0 && isAfter(log.becomes) ? log.text : undefined,
    };
    return reach(unfinished) === undefined ? undefined : formatUnfinished(unfinished);
  };
}

/** Writes texts to one file of the workspace, one after the other; of those that come meanwhile, only the newest. */
function copier(workspace: () => WorkspaceConnection | undefined, file: string, before: string | undefined) {
  let wanted = before;
  let kept = before;
  let work: Promise<void> | undefined;

  async function copyAll(): Promise<void> {
    while (wanted !== undefined && wanted !== kept) {
      const [text, connection] = [wanted, workspace()];
      if (connection === undefined) return;
      try {
        await writeWorkspaceFile(connection, file, text);
        kept = text;
      } catch (error) {
        debug(`What the deployment has done could not be copied to the workspace: ${String(error)}`);
        if (wanted === text) return;
      }
    }
  }

  return {
    kept: () => kept,
    offer(text: string | undefined): void {
      if (text === undefined) return;
      wanted = text;
      work ??= copyAll().finally(() => {
        work = undefined;
      });
    },
    settled: async () => work,
    /** Leaves alone what another deployment has written in the meantime. */
    async remove(): Promise<void> {
      const connection = workspace();
      if (connection === undefined || (await readWorkspaceFile(connection, file)) !== kept) return;
      await deleteWorkspaceFile(connection, file);
    },
  };
}

/** Whether the workspace's state contains everything that a text to keep describes. */
async function isStored(
  workspace: WorkspaceConnection | undefined,
  { statePath }: DeploymentPlace,
  text: string | undefined,
): Promise<boolean> {
  const unfinished = parseUnfinished(text ?? "");
  const goal = unfinished && reach(unfinished);
  if (workspace === undefined || goal === undefined) return false;
  const stored = parseResourceState((await readWorkspaceFile(workspace, `${statePath}/${resourceStateName}`)) ?? "");
  return stored?.lineage === goal.lineage && stored.serial >= goal.serial;
}

const interrupted =
  "The deployment was stopped before it finished. What it has done is kept in the workspace: the next deploy continues it.";

/** A canceled step's other requests end immediately. */
function ownConnection(step: Step, signal: AbortSignal): WorkspaceConnection | undefined {
  const workspace = step.workspace();
  return workspace && { ...workspace, http: createHttp(step.task.network, userAgent, signal) };
}
