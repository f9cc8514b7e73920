import type { Bundle } from "../common/databricks/bundle.ts";
import { checkIdentity } from "../common/databricks/identity-check.ts";
import { renewable } from "../common/identity/access-token.ts";
import { federatedAccessToken } from "../common/identity/federated-token.ts";
import { idTokenRequest } from "../common/identity/id-token.ts";
import { type MetadataService, startMetadataService } from "../common/identity/metadata-service.ts";
import { print } from "../common/pipeline/commands.ts";
import { scrubProcessEnvironment } from "../common/pipeline/environment.ts";
import { readJob } from "../common/pipeline/job.ts";
import { readServiceConnection } from "../common/pipeline/service-connection.ts";
import type { Task } from "../common/pipeline/task.ts";
import { findCli, openBundle } from "./bundle-session.ts";
import type { DeployInputs } from "./inputs.ts";
import { hostRule } from "./workspace-host.ts";

/** A bundle that the CLI can work on, signed in for as long as it takes. */
export interface Session {
  readonly bundle: Bundle;
  readonly metadataService: MetadataService;
  /** The workspace, `https://name`; undefined until the bundle has named it. */
  readonly host: () => string | undefined;
  /** Application id of the service principal. */
  readonly identity: string;
  close(): Promise<void>;
}

/** From a service connection to a signed-in CLI. Each step that can fail does so here, with its own message, in seconds. */
export async function signIn(task: Task, inputs: DeployInputs): Promise<Session> {
  const connection = readServiceConnection(inputs.connectionId);
  const job = readJob();
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
  return {
    bundle: openBundle(task, inputs, executable, metadataService.url),
    metadataService,
    host: () => inputs.host ?? [...metadataService.servedHosts][0],
    identity: connection.clientId,
    close: metadataService.close,
  };
}
