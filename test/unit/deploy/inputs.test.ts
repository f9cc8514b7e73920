import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadInputs } from "../../../tasks/DatabricksBundleDeploy/inputs.ts";

const given: { inputs: Record<string, string>; root: string } = { inputs: {}, root: "" };

vi.mock("azure-pipelines-task-lib/task", () => ({
  getInput: (name: string) => given.inputs[name],
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
  ])("refuses inputs that have no effect on %s: %o", (command, inputs) => {
    const [name] = Object.keys(inputs);
    expect(errorOf({ command, ...inputs })).toMatch(
      new RegExp(`${name}: has an effect only with command: deploy( or destroy)?, not with ${command}`),
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

  it("advises to download an artifact if the plan is missing", () => {
    expect(errorOf({ plan: "plan.json" })).toMatch(
      /there is no file .*plan\.json\. Before this step, add "- download: current"/,
    );
  });
});
