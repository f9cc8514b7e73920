import { checkIdentity } from "../common/databricks/identity-check.ts";
import { renewable } from "../common/identity/access-token.ts";
import { federatedAccessToken } from "../common/identity/federated-token.ts";
import { idTokenRequest } from "../common/identity/id-token.ts";
import { startMetadataService } from "../common/identity/metadata-service.ts";
import { cancelGraceMs } from "../common/pipeline/cancellation.ts";
import { print } from "../common/pipeline/commands.ts";
import { scrubProcessEnvironment } from "../common/pipeline/environment.ts";
import { readJob } from "../common/pipeline/job.ts";
import { readServiceConnection } from "../common/pipeline/service-connection.ts";
import { runTask, type Task } from "../common/pipeline/task.ts";
import { findCli, openBundle } from "./bundle-session.ts";
import { deployBundle, summariseBundle } from "./deploy.ts";
import { loadInputs } from "./inputs.ts";
import { publish } from "./publish.ts";
import { hostRule } from "./workspace-host.ts";

/** What is left of the agent's grace for ending the CLI and cleaning up. */
const cleanupMs = 2_500;

async function deploy(task: Task): Promise<void> {
  const inputs = loadInputs();
  const connection = readServiceConnection(inputs.connectionId);
  const job = readJob();
  const safePointMs = Math.max(0, cancelGraceMs(process.env) - cleanupMs);
  scrubProcessEnvironment();

  const executable = findCli();
  const rule = hostRule(inputs.host, connection.environment);
  const request = idTokenRequest(job);
  const token = renewable(() => federatedAccessToken(task.http, request, connection));
  await token();
  if (inputs.host) {
    const { displayName } = await checkIdentity({ host: inputs.host, http: task.http, token }, connection.clientId);
    print(`Signed in to ${inputs.host} as the service principal ${displayName}.`);
  }

  const metadataService = await startMetadataService({ token, allowsHost: rule.allows, refusal: rule.refusal });
  try {
    const bundle = openBundle(task, inputs, executable, metadataService.url);
    const run = { bundle, host: inputs.host, metadataService, cancel: task.cancel, safePointMs };
    await deployBundle(run);
    const summary = await summariseBundle(run);
    const host = inputs.host ?? [...metadataService.servedHosts][0] ?? summary.host ?? "";
    publish({ ...summary, host, identity: connection.clientId });
  } finally {
    await metadataService.close();
  }
}

void runTask(deploy);
