import * as tl from "azure-pipelines-task-lib/task";

/** What the job knows of itself; see JobIdentity for the meaning of each. */
export function readJob() {
  return {
    collectionUrl: tl.getEndpointUrl("SYSTEMVSSCONNECTION", true) ?? "",
    // task-lib's function for a single parameter would print the token as a debug message.
    jobToken: tl.getEndpointAuthorization("SYSTEMVSSCONNECTION", true)?.parameters["AccessToken"],
    oidcRequestUri: tl.getVariable("System.OidcRequestUri"),
    projectId: tl.getVariable("System.TeamProjectId"),
    hostType: tl.getVariable("System.HostType"),
    planId: tl.getVariable("System.PlanId"),
    jobId: tl.getVariable("System.JobId"),
  };
}

/** Absolute path of a program on PATH, or undefined. */
export function findOnPath(name: string): string | undefined {
  return tl.which(name, false) || undefined;
}

/** The commit that the job works on; undefined where it has none. */
export function sourceCommit(): string | undefined {
  return tl.getVariable("Build.SourceVersion") || undefined;
}

/** Whether this is a pull request's validation build. */
export function isPullRequestBuild(): boolean {
  return tl.getVariable("Build.Reason") === "PullRequest";
}
