import path from "node:path";
import type { Bundle } from "../../common/databricks/cli/bundle.ts";
import { cliEnvironment } from "../../common/databricks/cli/environment.ts";
import { cliNetworkEnvironment, trustStoreAdvice } from "../../common/databricks/cli/network.ts";
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

/** The bundle with an environment in which the CLI, and all that it starts, signs in through the metadata service. */
export function openBundle(
  { network, temporaryFolder }: Task,
  inputs: DeployInputs,
  executable: string,
  metadataServiceUrl: string,
): Bundle {
  registerSecret(path.posix.basename(metadataServiceUrl));
  const base = withoutAgentSecrets(process.env);
  const networkEnvironment = cliNetworkEnvironment(network, base, { folder: temporaryFolder, host: inputs.host });
  const advice = trustStoreAdvice(network);
  if (advice) print(advice);
  const variables = Object.entries(inputs.variables).map(([name, value]) => [`BUNDLE_VAR_${name}`, value]);
  return {
    executable,
    folder: inputs.folder,
    target: inputs.target,
    environment: {
      ...cliEnvironment(
        { ...base, ...networkEnvironment },
        { metadataServiceUrl, host: inputs.host, folder: temporaryFolder },
      ),
      ...Object.fromEntries(variables),
    },
  };
}
