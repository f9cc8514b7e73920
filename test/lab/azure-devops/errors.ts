/** The JSON that Azure DevOps answers with when it refuses. */
export interface AzureDevOpsError {
  $id: "1";
  readonly innerException: null;
  readonly message: string;
  readonly typeName: string;
  readonly typeKey: string;
  readonly errorCode: 0;
  readonly eventId: 3000;
}

const assemblies = {
  services: "Microsoft.VisualStudio.Services.WebApi",
  framework: "Microsoft.TeamFoundation.Framework.Server",
  distributedTask: "Microsoft.TeamFoundation.DistributedTask.WebApi",
  core: "Microsoft.TeamFoundation.Core.WebApi",
  build: "Microsoft.TeamFoundation.Build.WebApi",
  git: "Microsoft.TeamFoundation.Git.Server",
} as const;

function azureDevOpsError(assembly: keyof typeof assemblies, typeKey: string, message: string): AzureDevOpsError {
  const typeName = `${assemblies[assembly]}.${typeKey}, ${assemblies[assembly]}`;
  return { $id: "1", innerException: null, message, typeName, typeKey, errorCode: 0, eventId: 3000 };
}

/** 401: the job access token is missing, expired or not one of ours. */
export const unauthorizedError = azureDevOpsError(
  "framework",
  "UnauthorizedRequestException",
  "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to access this resource.",
);

/** 400: neither the query nor the Accept header names an API version. */
export function missingVersionError(method: string): AzureDevOpsError {
  const message =
    `No api-version was supplied for the "${method}" request. The version must be supplied either as part of the Accept header ` +
    '(e.g. "application/json; api-version=1.0") or as a query parameter (e.g. "?api-version=1.0").';
  return azureDevOpsError("services", "VssVersionNotSpecifiedException", message);
}

/** 400: the API version is none that serves this resource. */
export function versionOutOfRangeError(version: string): AzureDevOpsError {
  const message = `The requested REST API version of ${version} is out of range for this server. The latest REST API version this server supports is 7.2.`;
  return azureDevOpsError("services", "VssVersionOutOfRangeException", message);
}

/** 400: the resource exists only as a preview. https://learn.microsoft.com/rest/api/azure/devops/?view=azure-devops-rest-7.1#api-and-tfs-version-mapping */
export function previewVersionError(version: string): AzureDevOpsError {
  const message = `The requested version "${version}" of the resource is under preview. The -preview flag must be supplied in the api-version for such requests. For example: "${version}-preview"`;
  return azureDevOpsError("services", "VssInvalidPreviewVersionException", message);
}

/** 400: a body that is not declared as what the resource takes, which is JSON by default. */
export function contentTypeError(
  contentType: string,
  method = "POST",
  valid = "application/json, application/json-patch+json",
): AzureDevOpsError {
  const message =
    `The request indicated a Content-Type of "${contentType}" for method type "${method}" which is not supported. ` +
    `Valid content types for this method are: ${valid}.`;
  return azureDevOpsError("services", "VssRequestContentTypeNotSupportedException", message);
}

/** 403: the job's identity may not act on the plan; Azure DevOps gives it now and then to a job that may. */
export function planSecurityError(planId: string): AzureDevOpsError {
  const message = `Access denied: Contoso Build Service does not have write permissions for orchestration plan ${planId}.`;
  return azureDevOpsError("distributedTask", "TaskOrchestrationPlanSecurityException", message);
}

/** 404: the job's stage names no such service connection in an input; a string in Azure DevOps' envelope for collections. */
export function noReferenceError(serviceConnectionId: string): { count: number; value: string } {
  const value = `There is no explicit reference to service connection ${serviceConnectionId} from current stage Deploy.Deploy.__default.`;
  return { count: value.length, value };
}

/** 404: the project does not exist, or the caller may not see it; the answer does not tell which. */
export function projectNotFoundError(project: string): AzureDevOpsError {
  const message = `VS800075: The project with id 'vstfs:///Classification/TeamProject/${project}' does not exist, or you do not have permission to access it.`;
  return azureDevOpsError("core", "ProjectDoesNotExistException", message);
}

/** 404: there is no such build in the project, for example because its retention has ended. */
export function buildNotFoundError(id: string): AzureDevOpsError {
  return azureDevOpsError("build", "BuildNotFoundException", `The requested build ${id} could not be found.`);
}

/** 403: the build service may not view the builds of the project. */
export function viewBuildsError(project: string): AzureDevOpsError {
  const message = `Access denied. Contoso Build Service needs View builds permissions for project ${project} to perform the action. For more information, contact the Azure DevOps Server administrator.`;
  return azureDevOpsError("build", "AccessDeniedException", message);
}

/** 404: the repository does not exist, or the caller may not read it. */
export function repositoryNotFoundError(id: string): AzureDevOpsError {
  const message = `TF401019: The Git repository with name or identifier ${id} does not exist or you do not have permissions for the operation you are attempting.`;
  return azureDevOpsError("git", "GitRepositoryNotFoundException", message);
}

/** 404: there is no such pull request. */
export const pullRequestNotFoundError = azureDevOpsError(
  "git",
  "GitPullRequestNotFoundException",
  "TF401180: The requested pull request was not found.",
);

/** 404: the pull request has no such thread or comment; the text is not documented. */
export function threadNotFoundError(id: string): AzureDevOpsError {
  return azureDevOpsError(
    "git",
    "DiscussionThreadNotFoundException",
    `The discussion thread ${id} could not be found.`,
  );
}

/** 403: the build service may not write on pull requests of the repository. */
export function permissionNeededError(identity: string): AzureDevOpsError {
  const message = `TF401027: You need the Git 'PullRequestContribute' permission to perform this action. Details: identity 'Build\\${identity}', scope 'repository'.`;
  return azureDevOpsError("git", "GitNeedsPermissionException", message);
}

/** 403: a comment can be changed only by its author; the text is not documented. */
export const foreignCommentError = azureDevOpsError(
  "git",
  "DiscussionCommentNotAuthorException",
  "A comment can be changed only by its author.",
);

/** 400: a comment of a pull request is too long. */
export const commentTooLongError = azureDevOpsError(
  "services",
  "VssPropertyValidationException",
  "A discussion comment cannot be longer than 150000 characters.\r\nParameter name: comment.Content",
);

/** 405, in ASP.NET's shape instead of Azure DevOps' own. */
export function methodError(method: string): { Message: string } {
  return { Message: `The requested resource does not support http method '${method}'.` };
}

/** 404 for a path that leads nowhere, in ASP.NET's shape too. */
export function noResourceError(url: URL): { Message: string } {
  return { Message: `No HTTP resource was found that matches the request URI '${url.href}'.` };
}

/** The page of a redirect to the sign-in, which a client that follows redirects takes for an answer. */
export function signInPage(location: string): string {
  const href = location.replaceAll("&", "&amp;");
  return `<html><head><title>Object moved</title></head><body>\r\n<h2>Object moved to <a href="${href}">here</a>.</h2>\r\n</body></html>\r\n`;
}
