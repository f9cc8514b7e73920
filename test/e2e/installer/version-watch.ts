import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cliName } from "../harness.ts";
import { sha256 } from "./archives.ts";

const pollMs = 3;

/** What happens to one version in a tool cache while installers work on it. */
export interface VersionWatch {
  /** Whether the complete executable has been in its place. */
  readonly published: boolean;
  /** The content that a marker declared complete, and that was not the complete executable. Must stay empty. */
  readonly broken: readonly string[];
  /** Resolves once a condition holds, or the watch ends. */
  until(condition: () => boolean): Promise<void>;
  end(): Promise<void>;
}

/** Checks the version all the time. `right` is the executable's SHA-256; `before` that of an executable that was marked complete before. */
export function watchVersion(folder: string, right: string, before: string | undefined): VersionWatch {
  const broken: string[] = [];
  const hash = rememberingHash(path.join(folder, cliName));
  let [published, ended] = [false, false];

  function look(): void {
    // In this order: if the marker exists, the executable must exist too.
    const complete = fs.existsSync(`${folder}.complete`);
    const found = hash();
    if (found === right) published = true;
    else if (complete && (published || found === undefined || found !== before)) broken.push(found ?? "no executable");
  }

  async function watch(): Promise<void> {
    while (!ended) {
      look();
      await sleep(pollMs);
    }
  }

  const watching = watch();
  return {
    broken,
    get published() {
      return published;
    },
    async until(condition) {
      while (!ended && !condition()) await sleep(pollMs);
    },
    async end() {
      ended = true;
      await watching;
      look();
    },
  };
}

const stagingPrefix = ".installing-";

/** The folders in which installers prepare a CLI, or were preparing one when they were killed. */
export function stagedFolders(root: string): string[] {
  if (!fs.existsSync(root)) return [];
  return fs.readdirSync(root).filter((name) => name.startsWith(stagingPrefix));
}

/** Whether an installer has a file open in the folder in which it prepares its CLI. */
export function isStaging(pid: number): boolean {
  const descriptors = `/proc/${pid}/fd`;
  try {
    return fs.readdirSync(descriptors).some((name) => target(path.join(descriptors, name)).includes(stagingPrefix));
  } catch {
    return false;
  }
}

/** Empty for a descriptor that is already closed. */
function target(link: string): string {
  try {
    return fs.readlinkSync(link);
  } catch {
    return "";
  }
}

/** Hashes a file again only when it was replaced or changed; undefined without a file. */
function rememberingHash(file: string): () => string | undefined {
  let [known, hash]: [string, string | undefined] = ["", undefined];
  return () => {
    const stat = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
    const state = [stat?.ino, stat?.size, stat?.ctimeNs].join(" ");
    if (state !== known) hash = stat && sha256(fs.readFileSync(file));
    known = state;
    return hash;
  };
}
