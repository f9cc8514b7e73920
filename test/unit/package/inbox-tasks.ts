const text = { type: "string" };
const flag = { type: "boolean" };
const oneOf = (...values: string[]) => ({ enum: values });

/** A task of Azure DevOps' own, as its reference page (learn.microsoft.com) and task.json describe it. */
interface InboxTask {
  /** JSON schemas by the names that a pipeline may use, aliases too. */
  readonly inputs: Readonly<Record<string, object>>;
  readonly required: readonly string[];
}

/** Those that the project's pipelines use. */
export const inboxTasks: Readonly<Record<string, InboxTask>> = {
  "UseNode@1": {
    inputs: {
      version: text,
      checkLatest: flag,
      force32bit: flag,
      retryCountOnDownloadFails: text,
      delayBetweenRetries: text,
    },
    // Its default is Node.js 10.
    required: ["version"],
  },
  "GoTool@0": {
    inputs: {
      // Unquoted, 1.20 would be the number 1.2.
      version: text,
      goPath: text,
      goBin: text,
    },
    required: ["version"],
  },
  "UsePythonVersion@0": {
    inputs: {
      // Unquoted, 3.10 would be the number 3.1.
      versionSpec: text,
      disableDownloadFromRegistry: flag,
      allowUnstable: flag,
      githubToken: text,
      addToPath: flag,
      architecture: oneOf("x86", "x64", "arm64"),
    },
    required: ["versionSpec"],
  },
  "PublishTestResults@2": {
    inputs: {
      testResultsFormat: oneOf("JUnit", "NUnit", "VSTest", "XUnit", "CTest"),
      testResultsFiles: text,
      searchFolder: text,
      mergeTestResults: flag,
      failTaskOnFailedTests: flag,
      failTaskOnMissingResultsFile: flag,
      testRunTitle: text,
      buildPlatform: text,
      buildConfiguration: text,
      publishRunAttachments: flag,
    },
    required: ["testResultsFiles"],
  },
  "AzureCLI@2": {
    inputs: {
      azureSubscription: text,
      scriptType: oneOf("ps", "pscore", "batch", "bash"),
      scriptLocation: oneOf("inlineScript", "scriptPath"),
      scriptPath: text,
      inlineScript: { type: "string", maxLength: 5000 },
      arguments: text,
      powerShellErrorActionPreference: oneOf("stop", "continue", "silentlyContinue"),
      addSpnToEnvironment: flag,
      useGlobalConfig: flag,
      workingDirectory: text,
      failOnStandardError: flag,
      powerShellIgnoreLASTEXITCODE: flag,
      visibleAzLogin: flag,
      allowNoSubscriptions: flag,
      keepAzSessionActive: flag,
    },
    required: ["azureSubscription", "scriptType", "scriptLocation"],
  },
};
