import path from "node:path";
import { probe } from "../../common/databricks/cli/probe.ts";
import { withoutAgentSecrets } from "../../common/pipeline/environment.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import { findOnPath } from "../../common/pipeline/job.ts";
import { shorten } from "../../common/pipeline/secrets.ts";

/** Why it is not known whether a bundle has changed; completes a sentence after "because". */
export class Doubt extends Error {}

export interface Git {
  /** What git prints. Throws Doubt if it fails, or prints too much. */
  read(...command: string[]): Promise<string>;
  /** The same, as a list of what `-z` separates. */
  list(...command: string[]): Promise<string[]>;
  /** undefined if git fails. */
  tryRead(...command: string[]): Promise<string | undefined>;
}

const withinMs = 60_000;

/** In a container, the files of a checkout belong to another account. The repository is that of the folder or of one above it. */
function trust(folder: string): string[] {
  const above = path.dirname(folder);
  const setting = `safe.directory=${folder.replaceAll(path.sep, "/")}`;
  return ["-c", setting, ...(above === folder ? [] : trust(above))];
}

/** Settings of a repository or a user that would start programs, use the network or change what is compared. */
const settings = [
  "protocol.allow=never",
  "core.fsmonitor=false",
  "core.quotePath=false",
  "diff.ignoreSubmodules=none",
  "log.showSignature=false",
].flatMap((setting) => ["-c", setting]);

/** Variables that lead git to another repository, or change how it reads paths. */
const leading =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|SHALLOW_FILE|CONFIG.*|EXTERNAL_DIFF|DIFF_OPTS|\w+_PATHSPECS)$/i;

/** Runs the agent's git in a folder: without a shell, without the network, and without a question. */
export function gitIn(folder: string, cancel: AbortSignal): Git {
  const executable = findOnPath("git");
  if (executable === undefined) throw new Doubt("there is no git on this agent's PATH");
  const environment = {
    ...Object.fromEntries(Object.entries(withoutAgentSecrets(process.env)).filter(([name]) => !leading.test(name))),
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    LC_ALL: "C",
  };
  const run = async (command: readonly string[]) => {
    const question = {
      executable,
      arguments: ["-C", folder, ...trust(folder), ...settings, ...command],
      environment,
      withinMs,
      cancel,
    };
    const ended = await probe(question).catch((error: unknown) => {
      throw new Doubt(`git cannot be started: ${error instanceof Error ? error.message : String(error)}`);
    });
    if (cancel.aborted) throw new Canceled();
    return ended;
  };
  const read = async (...command: string[]) => {
    const { code, stdout, stderr } = await run(command);
    if (code === 0) return stdout.replace(/\r?\n$/, "");
    if (code === "timeout") throw new Doubt(`"git ${command[0]}" did not end within ${withinMs / 1000} seconds`);
    if (code === "too much output") throw new Doubt(`"git ${command[0]}" names too many files`);
    const [line = ""] = stderr.trim().split(/\r?\n/);
    throw new Doubt(`"git ${command[0]}" failed (${code})${line === "" ? "" : `: ${shorten(line, 300)}`}`);
  };
  return {
    read,
    async list(...command) {
      const printed = await read(...command);
      return printed.split("\0").filter((name) => name !== "");
    },
    async tryRead(...command) {
      const { code, stdout } = await run(command);
      return code === 0 ? stdout.trim() : undefined;
    },
  };
}
