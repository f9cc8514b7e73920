import path from "node:path";
import { cliEnvironment, writeProfile } from "../../common/databricks/cli/environment.ts";
import { proxyEnvironment, trustStoreAdvice, writeCertificates } from "../../common/databricks/cli/network.ts";
import type { Cli } from "../../common/databricks/cli/run.ts";
import { print, registerSecret } from "../../common/pipeline/commands.ts";
import { withoutAgentSecrets } from "../../common/pipeline/environment.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { findOnPath } from "../../common/pipeline/job.ts";
import type { Task } from "../../common/pipeline/task.ts";
import type { DeployInputs } from "../inputs.ts";

/** Path of the Databricks CLI; throws a UserError with the step to add when there is none. */
export function findCli(): string {
  const executable = findOnPath("databricks");
  if (executable) return executable;
  throw new UserError("There is no Databricks CLI on this agent's PATH.", {
    hint: 'Add the step "- task: DatabricksCliInstaller@1" before this one.',
    section: "no-cli",
  });
}

/**
 * Writes what the CLI, and all that it starts, needs to sign in through the metadata service; the service's address
 * becomes a secret.
 */
export function prepareCli(
  { network, temporaryFolder }: Task,
  { folder, target, host, variables }: DeployInputs,
  executable: string,
  metadataServiceUrl: string,
): Cli {
  registerSecret(path.posix.basename(metadataServiceUrl));
  const advice = trustStoreAdvice(network);
  if (advice) print(advice);
  const signIn = { metadataServiceUrl, host };
  writeProfile(signIn, temporaryFolder);
  const base = withoutAgentSecrets(process.env);
  const certificates = writeCertificates(network, base, temporaryFolder);
  const bundleVariables = Object.entries(variables).map(([name, value]) => [`BUNDLE_VAR_${name}`, value]);
  return {
    executable,
    folder,
    target,
    environment: {
      ...cliEnvironment(
        { ...base, ...proxyEnvironment(network, base, host), ...certificates },
        signIn,
        temporaryFolder,
      ),
      ...Object.fromEntries(bundleVariables),
    },
  };
}
