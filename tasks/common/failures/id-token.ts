import type { KnownFailures } from "./failure.ts";

const what = "Azure DevOps ({host}) did not issue an ID token for the service connection";

/** How Azure DevOps refuses an ID token, and what keeps a job from asking for one. */
export const idTokenFailures = {
  "connection-not-authorized": {
    section: "connection-not-authorized",
    seen: "403, 404",
    what,
    cause: "this pipeline is not authorized to use the connection, or the connection does not exist ({status}{detail})",
    action:
      "Authorize the pipeline under Project settings > Service connections > Security > Pipeline permissions, and run it again.",
  },
  "job-token-refused": {
    section: "id-token",
    seen: "401",
    what,
    cause: "it did not accept the job access token (401)",
    action:
      "Run the step again. A job access token expires after about a day: a job that has run for so long must run again.",
  },
  "job-not-ready": {
    section: "id-token",
    seen: "403 with TaskOrchestrationPlanSecurityException",
    what,
    cause: "it does not give access to this job (403, TaskOrchestrationPlanSecurityException)",
    action:
      "Run the job again. If the error remains, check that the project's build service has its default permissions.",
  },
  "id-token-empty": {
    section: "id-token",
    seen: "200 without a token",
    what,
    cause: "the response ({status}) does not contain a token",
    action:
      "Check that the connection uses workload identity federation, and whether a proxy answers in place of {host}.",
  },
  "id-token-page": {
    section: "id-token",
    seen: "a web page, or a redirect to one",
    what,
    cause: "the response ({status}) is a web page, or a redirect to one, such as a sign-in page",
    action: "Check whether a proxy answers in place of {host}. If there is no proxy, run the job again.",
  },
  "id-token-status": {
    section: "id-token",
    seen: "another status",
    what,
    cause: "it returned status {status}{detail}",
    action: "Run the step again. If the error remains, check https://status.dev.azure.com.",
  },
  "id-token-no-address": {
    section: "id-token",
    seen: "the job has no access token, or no IDs",
    what: "This job cannot ask Azure DevOps for an ID token",
    cause: "it does not have a job access token or the IDs that the request needs",
    action: "Workload identity federation needs Azure DevOps Services. Azure DevOps Server does not support it.",
  },
  "not-azure-devops-services": {
    section: "id-token",
    seen: "a collection on another host than Azure DevOps Services",
    what: "This job's collection ({collection}) is not an organization of Azure DevOps Services",
    action:
      "Workload identity federation needs https://dev.azure.com or https://<organization>.visualstudio.com. If the job runs there, an earlier step has changed the variable ENDPOINT_URL_SYSTEMVSSCONNECTION.",
  },
} as const satisfies KnownFailures;
