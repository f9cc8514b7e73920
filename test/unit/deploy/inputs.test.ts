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

describe("What is wrong with the inputs of a deploy step", () => {
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

  it("is nothing where all is right", () => expect(errorOf({})).toBe(""));

  it.each(["workspaceUrl", "workingDirectory", "plan", "command", "authentication", "autoApprove", "run"])(
    "is one thing where a variable in %s is not known",
    (name) => {
      const error = errorOf({ [name]: "$(missing)" });
      expect(error).toMatch(new RegExp(`An input of this step is not usable\\.\\s${name}: \\$\\(missing\\) was not`));
      expect(error.match(/\$\(missing\)/g)).toHaveLength(1);
    },
  );

  it("is said of each line of an input that is not itself the unknown variable", () => {
    const error = errorOf({ variables: "a=$(missing)\nb" });
    expect(error).toMatch(
      /An input of this step is .*variables: \$\(missing\) was not.*variables: "b" is not name=value/s,
    );
  });

  it("is said at once where a missing plan is given to another command", () => {
    const error = errorOf({ command: "plan", plan: "missing.json" });
    expect(error).toMatch(/An input of this step is .*plan: there is no file .*plan: goes with command: deploy, not/s);
  });

  it("is not hidden where a folder of the agent looks like a variable", () => {
    const odd = path.join(given.root, "$(odd)");
    fs.mkdirSync(odd);
    given.root = odd;
    expect(errorOf({})).toMatch(
      /An input of this step is .*workingDirectory: there is no databricks\.yml in .*\$\(odd\)/s,
    );
    given.root = path.dirname(odd);
  });

  it("counts inputs, not problems", () => {
    expect(errorOf({ variables: "a\nb", target: "$(missing)" })).toMatch(/2 inputs of this step are not usable/);
  });

  it("is a path through a file", () => {
    const error = errorOf({ workingDirectory: "databricks.yml/x", plan: "databricks.yml/plan.json" });
    expect(error).toMatch(/workingDirectory: there is no folder .*plan: there is no file /s);
  });

  it.each(["bundle", ""])(
    "is a checkout that was forgotten, whatever workingDirectory names: '%s'",
    (workingDirectory) => {
      const forgotten = /there is no .*Nothing is checked out in .* In YAML, add "- checkout: self" before this step/;
      fs.rmSync(path.join(given.root, "databricks.yml"));
      expect(errorOf({ workingDirectory })).toMatch(forgotten);
      fs.rmdirSync(given.root);
      expect(errorOf({ workingDirectory })).toMatch(forgotten);
    },
  );

  it("is no forgotten checkout where something is checked out, or the path leads elsewhere", () => {
    expect(errorOf({ workingDirectory: "bundle" })).toMatch(
      /there is no folder .*bundle\. Set it to a folder that exists\. Relative paths start at /,
    );
    fs.renameSync(path.join(given.root, "databricks.yml"), path.join(given.root, "README.md"));
    expect(errorOf({})).toMatch(/there is no databricks\.yml in .*\. Name the folder that holds it/);
    fs.rmSync(path.join(given.root, "README.md"));
    expect(errorOf({ workingDirectory: os.tmpdir() })).toMatch(/\. Name the folder that holds it/);
  });

  it("is an artifact that was not downloaded", () => {
    expect(errorOf({ plan: "plan.json" })).toMatch(/there is no file .*plan\.json\. Add "- download: current"/);
  });
});
