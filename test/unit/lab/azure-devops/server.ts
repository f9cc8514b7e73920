import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type AzureDevOps, azureDevOpsHostNames, startAzureDevOps } from "../../../lab/azure-devops/azure-devops.ts";
import { createCertificateAuthority } from "../../../lab/certificates.ts";
import { type Message, type Reply, requestOverTls } from "../../../lab/https-client.ts";

/** The lab's Azure DevOps, without the rest of the lab. */
export interface Server {
  readonly azureDevOps: AzureDevOps;
  send(url: string, message?: Message): Promise<Reply>;
  close(): Promise<void>;
}

export async function startServer(): Promise<Server> {
  const folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "lab-azure-devops-"));
  const authority = await createCertificateAuthority(folder);
  const certificate = await authority.issue([...azureDevOpsHostNames]);
  const azureDevOps = await startAzureDevOps({ certificate });
  return {
    azureDevOps,
    send: (url, message = {}) => requestOverTls({ ca: authority.certificate, port: azureDevOps.port }, url, message),
    async close() {
      await azureDevOps.close();
      await fs.promises.rm(folder, { recursive: true });
    },
  };
}
