import type { DeploymentLock } from "../../tasks/common/databricks/workspace/lock.ts";
import type { LockNote } from "../../tasks/common/databricks/workspace/lock-notes.ts";
import type { JobInfo } from "../../tasks/common/pipeline/job.ts";
import type { PipelineJob } from "../../tasks/common/pipeline/pipeline-run.ts";
import type { FederatedConnection } from "../../tasks/common/pipeline/service-connection.ts";

/** What a job of a pipeline run knows about itself. */
export const jobInfo: JobInfo = {
  collectionUrl: "https://dev.azure.com/contoso/",
  oidcRequestUri: undefined,
  projectId: "11111111-1111-4111-8111-111111111111",
  hostType: "build",
  planId: "22222222-2222-4222-8222-222222222222",
  jobId: "33333333-3333-4333-8333-333333333333",
  jobToken: "the job token",
};

/** A service connection with workload identity federation. */
export const connection: FederatedConnection = {
  scheme: "WorkloadIdentityFederation",
  id: "44444444-4444-4444-8444-444444444444",
  cloud: "AzureCloud",
  tenantId: "66666666-6666-4666-8666-666666666666",
  clientId: "55555555-5555-4555-8555-555555555555",
  authority: "https://login.microsoftonline.com/",
  lateBoundIdToken: undefined,
  issuer: undefined,
  subject: undefined,
};

/** Another job, of a pipeline run of the same organization. */
export const pipelineJob: PipelineJob = {
  collectionUrl: "https://dev.azure.com/contoso/",
  projectId: "11111111-1111-4111-8111-111111111111",
  buildId: "4711",
  releaseId: undefined,
  jobId: "33333333-3333-4333-8333-333333333333",
  pipeline: "nightly",
  stage: "Deploy",
  job: "Deploy",
  attempt: 1,
};

/** The lock of a deployment. */
export const deploymentLock: DeploymentLock = { id: "b1", user: "somebody", acquiredAt: 0, forced: false };

/** A lock as the CLI writes it. */
export function lockText({ id, user, acquiredAt, forced }: DeploymentLock): string {
  return JSON.stringify({ ID: id, User: user, AcquisitionTime: new Date(acquiredAt).toISOString(), IsForced: forced });
}

/** The note of that job, which has taken this lock. */
export const lockNote: LockNote = {
  name: "azure-pipelines.run-1.json",
  command: "deploy",
  job: pipelineJob,
  user: "somebody",
  startedAt: 0,
  lockId: "b1",
};
