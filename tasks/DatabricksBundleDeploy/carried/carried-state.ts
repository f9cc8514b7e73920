import { localFolder } from "../../common/databricks/cli/state.ts";
import type { DeploymentPlace } from "../../common/databricks/cli/summary.ts";
import { deleteWorkspaceFile } from "../../common/databricks/workspace/files.ts";
import { debug } from "../../common/pipeline/commands.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";
import { type BroughtBack, bringBackFiles, forgetFiles } from "./bring-back-files.ts";
import { bringBackUnfinished } from "./bring-back-unfinished.ts";
import { keepFiles } from "./keep-files.ts";
import { keepUnfinished, type UnfinishedKeeper } from "./keep-unfinished.ts";
import { keptFilesName } from "./kept-files.ts";
import { listStateFiles, type StateFiles } from "./state-files.ts";

/** The CLI's local state, which is brought back before a command and kept in the workspace for the next agent. */
export interface CarriedState {
  /**
   * Before each run of the CLI. `stateFiles` is the list of the state folder if it is known, or about to be. Throws Canceled, and a
   * UserError if the disk does not allow it.
   */
  prepare(stateFiles?: Promise<StateFiles>): Promise<void>;
  /** After a run that has failed: waits until the workspace has all that it has done. Never throws. */
  flush(): Promise<void>;
  /** After each run. Returns whether nothing that the run has done is only on this agent. Never throws. */
  finish(succeeded: boolean): Promise<boolean>;
  /** After a deploy that has succeeded: keeps what it has uploaded. Returns why all files must be uploaded once more. */
  keepFiles(): Promise<string | undefined>;
  /** Paths that the workspace has, as far as keepFiles has found out. */
  listed(): Iterable<string>;
  /** After a destroy: removes what deploys have kept. Never throws. */
  forgetKept(): Promise<void>;
  /** Makes the next run upload all files, without a look at what was kept. */
  uploadAll(): void;
}

/** `withFiles`: the command uploads files. */
export function carriedState(step: Step, place: DeploymentPlace, withFiles: boolean): CarriedState {
  let files: BroughtBack | undefined;
  let keeper: UnfinishedKeeper | undefined;
  let startedAt = 0n;
  let uploadsAll = false;
  let listed: readonly string[] = [];
  const keep = async () => {
    try {
      return await keepFiles(step, place, files, startedAt, (paths) => {
        listed = [...paths];
      });
    } catch (error) {
      if (error instanceof Canceled) throw error;
      debug(`What was uploaded is not kept: ${String(error)}`);
      return undefined;
    }
  };
  return {
    async prepare(stateFiles = listStateFiles(step, place)) {
      startedAt = BigInt(Date.now()) * 1_000_000n;
      const [continued, broughtBack] = await Promise.all([
        bringBackUnfinished(step, place, stateFiles),
        withFiles && !uploadsAll ? bringBackFiles(step, place, stateFiles) : undefined,
      ]);
      files = broughtBack;
      keeper = keepUnfinished(step, place, continued);
    },
    flush: async () => keeper?.flush(),
    async finish(succeeded) {
      const { aborted } = step.cancel;
      const isSafe = (await keeper?.finish(succeeded)) ?? true;
      keeper = undefined;
      // The next deploy need not upload again what this one has uploaded before it failed.
      if (withFiles && !succeeded && !aborted) await keep().catch(() => undefined);
      return isSafe;
    },
    keepFiles: keep,
    listed: () => listed,
    async forgetKept() {
      const workspace = step.workspace();
      const file = `${place.statePath}/${keptFilesName}`;
      if (workspace) await deleteWorkspaceFile(workspace, file).catch((error) => debug(String(error)));
    },
    uploadAll() {
      uploadsAll = true;
      forgetFiles(localFolder(step.cli, place.target));
    },
  };
}
