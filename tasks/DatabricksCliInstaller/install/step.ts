import type { Task } from "../../common/pipeline/task.ts";
import type { ToolCache } from "../cache/tool-cache.ts";
import type { PreinstalledCli } from "../cli/preinstalled.ts";
import type { InstallerInputs } from "../inputs.ts";
import type { VersionRequest } from "../version/request.ts";

/** What all parts of an installation need. */
export interface Step extends Pick<Task, "cancel" | "http"> {
  readonly inputs: InstallerInputs;
  readonly cache: ToolCache;
  readonly request: VersionRequest;
  /** The CLI on PATH, which is looked for at the first call only; undefined when there is none, or when the inputs exclude it. */
  readonly preinstalled: () => Promise<PreinstalledCli | undefined>;
}

/** The CLI that later steps find on PATH. */
export interface InstalledCli {
  readonly version: string;
  /** Absolute path. */
  readonly executable: string;
  readonly source: "cache" | "download" | "archive" | "preinstalled";
  /** A script that they find before a preinstalled CLI, as long as PATH stays the same. */
  readonly behind?: string | undefined;
}
