import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadInputs } from "../../../tasks/DatabricksBundleDeploy/inputs.ts";

const given: { inputs: Record<string, string>; root: string; variables: { name: string }[] } = {
  inputs: {},
  root: "",
  variables: [],
};

vi.mock("azure-pipelines-task-lib/task", () => ({
  getInput: (name: string) => given.inputs[name],
  getVariables: () => given.variables.map((variable) => ({ ...variable, value: "x", secret: false })),
  setStdStream: () => undefined,
  getVariable: (name: string) => (name === "System.DefaultWorkingDirectory" ? given.root : undefined),
}));

describe("Inputs of a deploy step", () => {
  beforeEach(() => {
    given.root = fs.mkdtempSync(path.join(os.tmpdir(), "inputs-"));
    fs.writeFileSync(path.join(given.root, "databricks.yml"), "");
  });

  afterEach(() => fs.rmSync(given.root, { recursive: true, force: true }));

  function errorOf(inputs: Record<string, string>): string {
    given.inputs = { connectedServiceNameARM: "id", ...inputs };
    try {
      loadInputs();
      return "";
    } catch (error) {
      return String(error).split(" See ")[0] ?? "";
    }
  }

  it("accepts inputs that are all correct", () => expect(errorOf({})).toBe(""));

  it.each(["workspaceUrl", "workingDirectory", "plan", "command", "authentication", "autoApprove", "run"])(
    "reports an unknown variable in %s once",
    (name) => {
      const error = errorOf({ [name]: "$(missing)" });
      expect(error).toMatch(new RegExp(`An input of this step is not usable\\.\\s${name}: \\$\\(missing\\) was not`));
      expect(error.match(/\$\(missing\)/g)).toHaveLength(1);
    },
  );

  it("reports each wrong line of an input, also next to an unknown variable", () => {
    const error = errorOf({ variables: "a=$(missing)\nb" });
    expect(error).toMatch(
      /An input of this step is .*variables: \$\(missing\) was not.*variables: line 2 does not have the form name=value/s,
    );
  });

  it.each([
    ["validate", { run: "a" }],
    ["plan", { run: "a" }],
    ["destroy", { run: "a", autoApprove: "true" }],
    ["validate", { autoApprove: "true" }],
    ["plan", { autoApprove: "true" }],
    ["validate", { forceLock: "true" }],
    ["plan", { forceLock: "true" }],
    ["validate", { failOnActiveRuns: "true" }],
    ["plan", { failOnActiveRuns: "true" }],
    ["destroy", { failOnActiveRuns: "true", autoApprove: "true" }],
    ["validate", { lockTimeoutInMinutes: "5" }],
    ["plan", { lockTimeoutInMinutes: "5" }],
    ["validate", { cancelRuns: "false" }],
    ["plan", { cancelRuns: "false" }],
    ["destroy", { cancelRuns: "false", autoApprove: "true" }],
    ["validate", { incremental: "false" }],
    ["plan", { incremental: "false" }],
    ["destroy", { incremental: "false", autoApprove: "true" }],
    ["plan", { noWait: "true", run: "a" }],
    ["run", { autoApprove: "true", run: "a" }],
    ["run", { forceLock: "true", run: "a" }],
    ["run", { lockTimeoutInMinutes: "5", run: "a" }],
    ["run", { failOnActiveRuns: "true", run: "a" }],
    ["run", { incremental: "false", run: "a" }],
  ])("refuses inputs that have no effect on %s: %o", (command, inputs) => {
    const [name] = Object.keys(inputs);
    expect(errorOf({ command, ...inputs })).toMatch(
      new RegExp(`${name}: has an effect only with command: deploy( or run| or destroy)?, not with ${command}`),
    );
  });

  it.each([
    ["validate", { pullRequestComment: "true" }],
    ["deploy", { pullRequestComment: "true" }],
    ["destroy", { pullRequestComment: "true", autoApprove: "true" }],
    ["validate", { failOnChanges: "true" }],
    ["deploy", { failOnChanges: "true" }],
    ["destroy", { failOnChanges: "true", autoApprove: "true" }],
  ])("refuses inputs that only a plan uses on %s: %o", (command, inputs) => {
    const [name] = Object.keys(inputs);
    expect(errorOf({ command, ...inputs })).toContain(
      `${name}: has an effect only with command: plan, not with ${command}.`,
    );
    expect(errorOf({ command: "plan", [name ?? ""]: "true" })).toBe("");
  });

  it.each(["validate", "plan", "deploy"])("accepts changedSince with command: %s", (command) => {
    for (const changedSince of ["target", "main", "refs/tags/v1", "HEAD~1", "HEAD^", "4b825dc", "deployed/prod"])
      expect(errorOf({ command, changedSince })).toBe("");
  });

  it.each(["--output=x", "-q", "a b", "HEAD:x", "a..b", "a...b", "*", "a\\b"])(
    "refuses %s as changedSince",
    (changedSince) => {
      expect(errorOf({ changedSince })).toContain(`changedSince: "${changedSince}" is not a Git reference`);
    },
  );

  it("refuses to skip what changed files do not decide", () => {
    expect(errorOf({ command: "destroy", autoApprove: "true", changedSince: "main" })).toContain(
      "changedSince: has an effect only with command: validate or plan or deploy, not with destroy.",
    );
    expect(errorOf({ changedSince: "main", plan: "plan.json" })).toMatch(
      /changedSince: cannot be used with plan: a deploy of an approved plan must not be skipped/,
    );
    expect(errorOf({ command: "plan", changedSince: "main", failOnChanges: "true" })).toMatch(
      /changedSince: cannot be used with failOnChanges: true: a check of the workspace must not be skipped/,
    );
  });

  it.each(["-1", "1.5", "5m", "1e3", "soon"])("refuses %s as a number of minutes", (lockTimeoutInMinutes) => {
    expect(errorOf({ lockTimeoutInMinutes })).toContain(
      `lockTimeoutInMinutes: "${lockTimeoutInMinutes}" is not a whole number of minutes, 0 or more.`,
    );
  });

  it.each(["", "0", "90"])("accepts '%s' as a number of minutes", (lockTimeoutInMinutes) => {
    expect(errorOf({ lockTimeoutInMinutes })).toBe("");
  });

  it("refuses to wait for a lock that it takes by force", () => {
    expect(errorOf({ lockTimeoutInMinutes: "5", forceLock: "true" })).toMatch(
      /lockTimeoutInMinutes: has no effect with forceLock: true/,
    );
  });

  it("refuses cancelRuns: false without a run", () => {
    expect(errorOf({ cancelRuns: "false" })).toMatch(/cancelRuns: has an effect only with the input run/);
    expect(errorOf({ cancelRuns: "false", run: "nightly" })).toBe("");
  });

  it("requires the input run for command: run", () => {
    expect(errorOf({ command: "run" })).toMatch(/run: is required for command: run\. Write the key of a job/);
    expect(errorOf({ command: "run", run: "nightly", cancelRuns: "false" })).toBe("");
    expect(errorOf({ command: "run", run: "nightly --params a=b -- c", noWait: "true", arguments: "--debug" })).toBe(
      "",
    );
  });

  it("refuses noWait without a run, and with cancelRuns: false", () => {
    expect(errorOf({ noWait: "true" })).toMatch(/noWait: has an effect only with the input run/);
    expect(errorOf({ noWait: "true", run: "a", cancelRuns: "false" })).toMatch(
      /cancelRuns: has no effect with noWait: true, which lets all runs go on\. Clear one of them\./,
    );
  });

  it("reports the problems of the lines of run together with those of other inputs", () => {
    expect(errorOf({ run: "a --no-wait\nb --x", target: "$(missing)" })).toMatch(
      /2 inputs .*target: .*run: a: --no-wait is not allowed: use the input noWait.*run: b: "--x" is not an option of a run/s,
    );
  });

  it("refuses options of a run in arguments", () => {
    expect(errorOf({ command: "run", run: "a", arguments: "--params a=b --no-wait" })).toMatch(
      /arguments: --params is not allowed: write it after a key in the input run\..*arguments: --no-wait is not allowed: use the input noWait/s,
    );
  });

  it("refuses a list of run keys that is separated by commas", () => {
    expect(errorOf({ run: "nightly,jobs.hourly" })).toMatch(
      /run: "nightly,jobs\.hourly" contains a comma\. Write one key per line/,
    );
  });

  it("reports both problems of a missing plan that is set for another command", () => {
    const error = errorOf({ command: "plan", plan: "missing.json" });
    expect(error).toMatch(
      /An input of this step is .*plan: there is no file .*plan: has an effect only with command: deploy, not with plan/s,
    );
  });

  it("reports a missing databricks.yml even if a folder of the agent looks like a variable", () => {
    const odd = path.join(given.root, "$(odd)");
    fs.mkdirSync(odd);
    given.root = odd;
    expect(errorOf({})).toMatch(
      /An input of this step is .*workingDirectory: there is no databricks\.yml in .*\$\(odd\)/s,
    );
    given.root = path.dirname(odd);
  });

  it("counts inputs in the error, not their problems", () => {
    expect(errorOf({ variables: "a\nb", target: "$(missing)" })).toMatch(/2 inputs of this step are not usable/);
  });

  it("does not accept a path through a file", () => {
    const error = errorOf({ workingDirectory: "databricks.yml/x", plan: "databricks.yml/plan.json" });
    expect(error).toMatch(/workingDirectory: there is no folder .*plan: there is no file /s);
  });

  it("says that the working directory is a file", () => {
    expect(errorOf({ workingDirectory: "databricks.yml" })).toMatch(
      /workingDirectory: .*databricks\.yml is a file, not a folder\. Set it to the folder that contains this file\./,
    );
  });

  it.each(["Databricks.yml", "databricks.yml.txt", "databricks-yml", "bundle_yaml"])(
    "names a file that was probably meant to be databricks.yml: %s",
    (name) => {
      fs.renameSync(path.join(given.root, "databricks.yml"), path.join(given.root, name));
      expect(errorOf({})).toContain(`Rename ${name} to databricks.yml (in lower case, without another extension).`);
    },
  );

  it("names the root files of a bundle that has more than one", () => {
    fs.writeFileSync(path.join(given.root, "bundle.yml"), "");
    expect(errorOf({})).toMatch(
      /workingDirectory: .* contains databricks\.yml and bundle\.yml\. The CLI allows only one of them: remove the others\./,
    );
  });

  it("refuses a client ID that is not an application ID", () => {
    const authentication = "databricks";
    expect(errorOf({ authentication, databricksClientId: "my-sp" })).toMatch(
      /databricksClientId: "my-sp" is not the application ID of a service principal, which looks like 1f2e3d4c-/,
    );
    expect(errorOf({ authentication, databricksClientId: "4A5BE3A4-50a1-4b9e-8c3f-5e21d94ab607" })).toBe("");
  });

  it.each([
    ["fast", 'DATABRICKS_RATE_LIMIT: "fast" is not a whole number.'],
    ["2.5", 'DATABRICKS_RATE_LIMIT: "2.5" is not a whole number.'],
    ["50", ""],
    ["", ""],
  ])("checks the variable DATABRICKS_RATE_LIMIT: '%s'", (limit, problem) => {
    vi.stubEnv("DATABRICKS_RATE_LIMIT", limit);
    expect(errorOf({}).split("\n")[1] ?? "").toBe(problem);
    vi.unstubAllEnvs();
  });

  it("refuses an expression that Azure Pipelines replaces only in variables", () => {
    expect(errorOf({ target: "$[ variables.target ]" })).toMatch(
      /target: "\$\[ variables\.target \]" is not replaced: such expressions work only in the definition of a variable\. Write \$\(name\) here\./,
    );
  });

  it("refuses a variable of the job that replaces an input", async () => {
    given.variables = [{ name: "input.command" }, { name: "INPUT_UNUSED" }];
    given.inputs = { connectedServiceNameARM: "id", command: "validate" };
    // The variables of a job are read once for each step.
    vi.resetModules();
    const step = await import("../../../tasks/DatabricksBundleDeploy/inputs.ts");
    expect(step.loadInputs).toThrow(
      /An input of this step is .*command: the variable input\.command of this job replaces this input\. Rename the variable\./s,
    );
    given.variables = [];
  });

  it("names a connection whose variable is unknown as in YAML", () => {
    expect(errorOf({ connectedServiceNameARM: "$(connection)" })).toMatch(
      /azureSubscription: \$\(connection\) was not replaced/,
    );
  });

  it.each([
    ["- region=emea", /line 1 does not begin with the name of a variable \(letters, digits, "_" and "-"\)\. Write one/],
    [
      "region: emea",
      /line 1 has ":" after the name instead of "="\. Write one variable per line, for example region=emea/,
    ],
    ["- region: emea", /line 1 has ":" after the name instead of "="/],
    ['{"region": "emea"}', /line 1 looks like JSON\. Write one variable per line/],
    ["# region", /line 1 is a comment\. Comments are not possible here/],
    ["region\u200b=emea", /line 1 contains an invisible character \(U\+200B\) in the name\. Type the name again/],
    ["export region=emea", /line 1 does not begin with the name of a variable/],
    ['"region=emea"', /line 1 does not begin with the name of a variable/],
    ["emea", /line 1 does not have the form name=value\. Write one variable per line, for example region=emea/],
  ])("says what is wrong with the line of a variable: %s", (line, problem) => {
    expect(errorOf({ variables: line })).toMatch(problem);
  });

  it.each(["bundle", ""])(
    "advises to check out if nothing is checked out, for workingDirectory: '%s'",
    (workingDirectory) => {
      const forgotten = /there is no .*Nothing is checked out in .* In YAML, add "- checkout: self" before this step/;
      fs.rmSync(path.join(given.root, "databricks.yml"));
      expect(errorOf({ workingDirectory })).toMatch(forgotten);
      fs.rmdirSync(given.root);
      expect(errorOf({ workingDirectory })).toMatch(forgotten);
    },
  );

  it("does not advise to check out if something is checked out, or if the path leads elsewhere", () => {
    expect(errorOf({ workingDirectory: "bundle" })).toMatch(
      /there is no folder .*bundle\. Set it to a folder that exists\. Relative paths start at /,
    );
    fs.renameSync(path.join(given.root, "databricks.yml"), path.join(given.root, "README.md"));
    expect(errorOf({})).toMatch(
      /there is no databricks\.yml in .*\. Set workingDirectory to the folder that contains it/,
    );
    fs.rmSync(path.join(given.root, "README.md"));
    expect(errorOf({ workingDirectory: os.tmpdir() })).toMatch(
      /\. Set workingDirectory to the folder that contains it/,
    );
  });

  it("has no plan if the agent has made the root folder of an empty input", () => {
    given.inputs = { connectedServiceNameARM: "id", command: "plan", plan: given.root, workingDirectory: given.root };
    expect(loadInputs()).toMatchObject({ plan: undefined, folder: given.root });
  });

  it("advises to download an artifact if the plan is missing", () => {
    expect(errorOf({ plan: "plan.json" })).toMatch(
      /there is no file .*plan\.json\. Before this step, add "- download: current"/,
    );
  });
});
