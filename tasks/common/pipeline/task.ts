import fs from "node:fs";
import { troubleshootingUrl, userAgent } from "../product.ts";
import { cancelSignal } from "./cancellation.ts";
import { complete, debug, print, registerSecret, warn } from "./commands.ts";
import { removeFromProcessEnvironment } from "./environment.ts";
import { Canceled, UserError } from "./errors.ts";
import { createHttp, type Http } from "./http.ts";
import { HttpFailure } from "./http-failure.ts";
import { createTemporaryFolder, jobVariables, setLibraryOutput } from "./job.ts";
import type { Network } from "./network.ts";
import { agentNetwork, proxyPasswords, untrustedCertificates } from "./network-settings.ts";

/** What every task works with. */
export interface Task {
  /** Aborted when the agent cancels the step. */
  readonly cancel: AbortSignal;
  readonly network: Network;
  readonly http: Http;
  /** This step's own folder, created on first use and removed at the end of the step. */
  readonly temporaryFolder: string;
}

/**
 * Runs a task and reports its one result. Installs signal handlers first, shows user errors without a stack trace, and
 * removes temporary files.
 */
export async function runTask(work: (task: Task) => Promise<void>): Promise<void> {
  // Node's warnings about old library code mean nothing to a pipeline author.
  process.noDeprecation = true;
  const cancel = cancelSignal();
  let temporaryFolder: string | undefined;
  try {
    setLibraryOutput();
    registerJobSecrets();
    const network = agentNetwork();
    registerProxyPasswords(network);
    if (network.missingCaFile !== undefined) warnOfMissingCaFile(network.missingCaFile);
    removeUntrustedCertificates();
    await work({
      cancel,
      network,
      http: createHttp(network, userAgent, cancel),
      get temporaryFolder() {
        temporaryFolder ??= createTemporaryFolder();
        return temporaryFolder;
      },
    });
    complete("Succeeded");
  } catch (error) {
    reportFailure(error, cancel.aborted);
  } finally {
    if (temporaryFolder) removeFolder(temporaryFolder);
  }
  // An open socket must not delay the end of the step. When this callback runs, all output has been written.
  process.stdout.write("", () => process.exit(0));
}

/**
 * Registers the lines of the job's secret variables, and their encodings. The agent itself hides each variable as a whole, which
 * hides nothing where a value of several lines is printed line by line.
 */
function registerJobSecrets(): void {
  for (const { value, secret } of jobVariables()) if (secret) registerSecret(value);
}

/** The agent itself masks its proxy's password only as it was typed. */
function registerProxyPasswords(network: Network): void {
  for (const password of proxyPasswords(network)) registerSecret(password);
}

/** In a container job, the agent's path is often one of the host only. Public hosts do not need the file. */
function warnOfMissingCaFile(file: string): void {
  warn(
    `The agent's CA file ${file} (--sslcacert) does not exist here, so the task trusts only the public CAs. In a ` +
      "container job, mount the file into the container under the same path.",
  );
}

/** Removes variables that name certificate authorities and that any step could have set, and warns of those. */
function removeUntrustedCertificates(): void {
  const untrusted = removeFromProcessEnvironment(untrustedCertificates());
  if (untrusted.length === 0) return;
  warn(
    `Variables of this job that name certificates are ignored, because any step can set them: ${untrusted.join(", ")}. Configure ` +
      "the agent with --sslcacert, or set the variable in env of this step and remove it from the job.",
  );
}

/** An open file (Windows) must not turn a success into a failure. The agent empties the folder after the job. */
function removeFolder(folder: string): void {
  try {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    debug(String(error));
  }
}

function reportFailure(error: unknown, canceled: boolean): void {
  if (canceled || error instanceof Canceled) {
    print("The step was canceled.");
    complete("Canceled");
    return;
  }
  if (error instanceof UserError || error instanceof HttpFailure) {
    const section = error instanceof HttpFailure ? "network" : error.section;
    const help = `Help: ${troubleshootingUrl}#${section}`;
    complete("Failed", [error.message, error.hint, help].filter(Boolean).join("\n"));
  } else {
    debug(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const message = error instanceof Error ? error.message : String(error);
    complete("Failed", `${message} (unexpected error; for details, run again with the variable system.debug=true)`);
  }
}
