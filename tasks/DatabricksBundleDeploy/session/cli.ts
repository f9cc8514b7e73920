import path from "node:path";
import { cliEnvironment, writeProfile } from "../../common/databricks/cli/environment.ts";
import { findCliOnPath, isScript } from "../../common/databricks/cli/find.ts";
import { proxyEnvironment, trustStoreAdvice, writeCertificates } from "../../common/databricks/cli/network.ts";
import { type Cli, workingFolder } from "../../common/databricks/cli/run.ts";
import { cliFailures } from "../../common/failures/cli.ts";
import { knownError } from "../../common/failures/failure.ts";
import { print, registerSecret } from "../../common/pipeline/commands.ts";
import { withoutAgentSecrets } from "../../common/pipeline/environment.ts";
import type { JobVariable } from "../../common/pipeline/job.ts";
import type { Task } from "../../common/pipeline/task.ts";
import type { DeployInputs } from "../inputs.ts";
import type { BundleVariables } from "./variables.ts";

/** Path of the Databricks CLI; throws a UserError with the step to add if there is no CLI. */
export function findCli(job: readonly JobVariable[]): string {
  const executable = findCliOnPath();
  const isOther = executable !== undefined && process.platform === "win32" && isScript(executable);
  if (executable && !isOther) return executable;
  const found = isOther ? `. ${executable} is a script, and the Databricks CLI for Windows is databricks.exe` : "";
  const variable = job.find(({ name }) => name.toUpperCase() === "PATH")?.name;
  throw knownError(cliFailures, variable === undefined ? "no-cli" : "no-cli-path-replaced", { found, variable });
}

/** What the CLI's sign-in needs: the metadata service, and the ID of the workspace at a custom URL. */
interface SignIn {
  readonly metadataServiceUrl: string;
  readonly workspaceId: string | undefined;
}

/**
 * Writes what the CLI, and every program that it starts, needs to sign in through the metadata service. Registers the
 * service's address as a secret.
 */
export function prepareCli(
  { network, temporaryFolder }: Task,
  { folder, target, host }: DeployInputs,
  executable: string,
  { metadataServiceUrl, workspaceId }: SignIn,
  variables: BundleVariables,
): Cli {
  registerSecret(path.posix.basename(metadataServiceUrl));
  const advice = trustStoreAdvice(network);
  if (advice) print(advice);
  const signIn = { metadataServiceUrl, host, workspaceId };
  writeProfile(signIn, temporaryFolder);
  const unset = new Set(variables.unset);
  const environment = Object.entries(withoutAgentSecrets(process.env)).filter(([name]) => !unset.has(name));
  const base = Object.fromEntries(environment);
  const certificates = writeCertificates(network, base, temporaryFolder);
  return {
    executable,
    folder: workingFolder(folder),
    target,
    environment: {
      ...cliEnvironment(
        { ...base, ...proxyEnvironment(network, base, host), ...certificates },
        signIn,
        temporaryFolder,
      ),
      ...variables.set,
    },
  };
}
