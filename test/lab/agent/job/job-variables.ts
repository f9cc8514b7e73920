import { randomUUID } from "node:crypto";
import os from "node:os";
import type { AgentFolders, JobFolders } from "../machine/layout.ts";
import type { AgentSettings, HostType, JobSettings } from "../types.ts";
import type { Variables } from "./variables.ts";

type Values = Record<string, string | undefined>;

/** Sets the variables of a job message: the server's, which are read-only, then the author's. */
export function setMessageVariables(variables: Variables, settings: JobSettings, hostType: HostType): void {
  setReadOnly(variables, serverVariables(settings, hostType));
  setReadOnly(variables, hostType === "build" ? buildVariables(settings) : releaseVariables());
  setAccessToken(variables, settings);
  if (settings.debug === true) variables.set("system.debug", "true");
  for (const [name, setting] of Object.entries(settings.variables ?? {})) {
    const { value, ...flags } = typeof setting === "string" ? { value: setting } : setting;
    variables.set(name, value, flags);
  }
}

/** Sets what the agent itself adds to a job's variables, read-only. */
export function setAgentVariables(
  variables: Variables,
  settings: AgentSettings,
  folders: { machine: AgentFolders; job: JobFolders },
  hostType: HostType,
): void {
  setReadOnly(variables, agentVariables(settings, folders.machine));
  setReadOnly(variables, folderVariables(folders.job, hostType));
  setAgentConfiguration(variables, settings);
  if (variables.get("process.clean")?.toLowerCase() !== "false") {
    variables.set("VSTS_PROCESS_LOOKUP_ID", `vsts_${randomUUID()}`);
  }
}

function setReadOnly(variables: Variables, values: Values): void {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) variables.set(name, value, { readOnly: true });
  }
}

function serverVariables(settings: JobSettings, hostType: HostType): Values {
  const collection = withSlash(settings.collectionUrl);
  const project = settings.project ?? { id: randomUUID(), name: "proj" };
  const [collectionId, planId, jobId] = [randomUUID(), randomUUID(), settings.run?.jobId ?? randomUUID()];
  // A deployment group's job belongs to a release.
  const hub = hostType === "deployment" ? "release" : hostType;
  const server = hub === "release" ? releaseManagement(collection) : collection;
  const plan = `${server}${project.id}/_apis/distributedtask/hubs/${hub}/plans/${planId}`;
  const userAgent = `VSTS_${collectionId}_${hostType}_2_0`;
  return {
    system: hostType,
    "system.hosttype": hostType,
    "system.servertype": "Hosted",
    "system.culture": "en-US",
    "system.collectionId": collectionId,
    "system.collectionUri": collection,
    "system.teamFoundationCollectionUri": collection,
    "system.teamFoundationServerUri": server,
    "system.taskDefinitionsUri": collection,
    "system.teamProject": project.name,
    "system.teamProjectId": project.id,
    "system.definitionId": "2",
    "system.definitionName": "pipe",
    "system.planId": planId,
    "system.timelineId": planId,
    "system.jobId": jobId,
    "system.jobName": "__default",
    "system.jobDisplayName": "Job",
    "system.jobAttempt": "1",
    "system.jobIdentifier": "Job.__default",
    "system.phaseName": "Job",
    "system.stageName": "__default",
    "system.stageAttempt": "1",
    "system.enableAccessToken": settings.enableAccessToken === true ? "True" : "SecretVariable",
    "system.oidcRequestUri": settings.oidcRequestUri === false ? undefined : `${plan}/jobs/${jobId}/oidctoken`,
    AZURE_HTTP_USER_AGENT: userAgent,
    MSDEPLOY_HTTP_USER_AGENT: userAgent,
  };
}

/** Jobs of classic releases belong to Release Management, which has a host of its own. */
function releaseManagement(collection: string): string {
  return collection.replace("https://dev.azure.com/", "https://vsrm.dev.azure.com/");
}

/** A secret, except that the classic check-box makes the worker publish it (agent: JobRunner.cs). */
function setAccessToken(variables: Variables, settings: JobSettings): void {
  const secret = settings.enableAccessToken !== true;
  variables.set("system.accessToken", settings.jobToken, { secret, readOnly: true });
}

function buildVariables({ run }: JobSettings): Values {
  return {
    "build.buildId": String(run?.buildId ?? 5),
    "build.buildNumber": "20261123.1",
    "build.definitionName": "pipe",
    "build.reason": "Manual",
    "build.repository.name": "repo",
    "build.requestedFor": "user",
    "build.sourceBranch": "refs/heads/main",
    "build.sourceBranchName": "main",
    "build.sourceVersion": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  };
}

function releaseVariables(): Values {
  return {
    "release.releaseId": "5",
    "release.releaseName": "Release-5",
    "release.definitionName": "pipe",
    "release.environmentName": "Stage 1",
    "release.reason": "Manual",
    "release.requestedFor": "user",
  };
}

function agentVariables(settings: AgentSettings, folders: AgentFolders): Values {
  const platform = settings.platform ?? { os: "Linux", architecture: os.arch().toUpperCase() };
  return {
    "agent.id": "7",
    "agent.name": "emu",
    "agent.machineName": "emu",
    "agent.jobName": "Job",
    "agent.version": settings.version ?? "4.265.1",
    "agent.os": platform.os,
    "agent.osArchitecture": platform.architecture,
    "agent.isSelfHosted": "1",
    "agent.cloudId": "",
    "agent.homeDirectory": folders.root,
    "agent.rootDirectory": folders.work,
    "agent.workFolder": folders.work,
    "system.workFolder": folders.work,
    "agent.tempDirectory": folders.temp,
    "agent.toolsDirectory": folders.tools,
    "agent.acceptTeeEula": "False",
    "agent.readOnlyVariables": "true",
    "agent.retainDefaultEncoding": "false",
    "system.isAzureVM": "0",
    "system.isDockerContainer": "0",
  };
}

function folderVariables(folders: JobFolders, hostType: HostType): Values {
  if (hostType !== "build") {
    return {
      "agent.releaseDirectory": folders.artifacts,
      "system.artifactsDirectory": folders.artifacts,
      "system.defaultWorkingDirectory": folders.defaultWorking,
    };
  }
  return {
    "agent.buildDirectory": folders.workspace,
    "pipeline.workspace": folders.workspace,
    "system.defaultWorkingDirectory": folders.defaultWorking,
    "build.sourcesDirectory": folders.sources,
    "build.repository.localPath": folders.sources,
    "system.artifactsDirectory": folders.artifacts,
    "build.artifactStagingDirectory": folders.artifacts,
    "build.stagingDirectory": folders.artifacts,
    "build.binariesDirectory": folders.binaries,
    "common.testResultsDirectory": folders.testResults,
  };
}

/** The proxy and certificate settings as variables (agent: ExecutionContext.cs). */
function setAgentConfiguration(variables: Variables, settings: AgentSettings): void {
  const { proxy } = settings;
  setReadOnly(variables, {
    "agent.proxyurl": proxy?.url,
    "agent.proxyusername": proxy?.username,
    "agent.proxybypasslist": proxy?.bypass?.length ? JSON.stringify(proxy.bypass) : undefined,
    "agent.cainfo": settings.caFile,
    "agent.skipcertvalidation": settings.skipCertValidation === true ? "True" : undefined,
  });
  if (proxy?.password) variables.set("agent.proxypassword", proxy.password, { secret: true, readOnly: true });
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
