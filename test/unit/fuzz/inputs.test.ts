import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, vi } from "vitest";
import { complete } from "../../../tasks/common/pipeline/commands.ts";
import { UserError } from "../../../tasks/common/pipeline/errors.ts";
import { splitArguments } from "../../../tasks/DatabricksBundleDeploy/arguments.ts";
import { loadInputs as loadDeployInputs } from "../../../tasks/DatabricksBundleDeploy/inputs.ts";
import deployTask from "../../../tasks/DatabricksBundleDeploy/task.json" with { type: "json" };
import { loadInputs as loadInstallerInputs } from "../../../tasks/DatabricksCliInstaller/inputs.ts";
import installerTask from "../../../tasks/DatabricksCliInstaller/task.json" with { type: "json" };
import { loadInputs as loadLoginInputs } from "../../../tasks/DatabricksLogin/inputs.ts";
import loginTask from "../../../tasks/DatabricksLogin/task.json" with { type: "json" };
import { parseCommand } from "../../lab/agent/commands/command.ts";
import { texts } from "./mutations.ts";
import { inTimeAsync, property } from "./property.ts";
import { planFiles } from "./samples.ts";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "fuzz-inputs-"));
fs.writeFileSync(path.join(root, "databricks.yml"), "");
fs.writeFileSync(path.join(root, "plan.json"), planFiles.join(""));
fs.writeFileSync(path.join(root, "cli.zip"), "");
afterAll(() => fs.rmSync(root, { recursive: true }));

type Inputs = Readonly<Record<string, string>>;
const given: { inputs: Inputs } = { inputs: {} };

vi.mock("azure-pipelines-task-lib/task", () => ({
  getInput: (name: string) => given.inputs[name],
  getVariable: (name: string) => (name === "System.DefaultWorkingDirectory" ? root : undefined),
  getVariables: () => [],
  setStdStream: () => undefined,
}));

interface TestedTask {
  readonly load: () => unknown;
  readonly definition: { readonly inputs: readonly { readonly name: string; readonly aliases?: readonly string[] }[] };
  /** For each input, values of which the first makes a step that can run. */
  readonly values: Readonly<Record<string, readonly [string, ...string[]]>>;
}

const flag = ["", "true", "false", "TRUE"] as const;
const signIn = {
  connectedServiceNameARM: ["5f0a"],
  workspaceUrl: [
    "https://adb-1.2.azuredatabricks.net",
    "https://acme.databricks.com/jobs/1?o=123&w=a",
    "adb-1.azuredatabricks.net:443",
  ],
  authentication: ["", "entra", "databricks"],
  databricksClientId: ["", "1f2e3d4c-0000-4000-8000-123456789abc"],
} as const;
const tasks: Readonly<Record<string, TestedTask>> = {
  "DatabricksBundleDeploy@1": {
    load: loadDeployInputs,
    definition: deployTask,
    values: {
      ...signIn,
      workingDirectory: ["", "src", "databricks.yml", "../x", "/"],
      target: ["", "prod"],
      command: ["", "validate", "plan", "deploy", "run", "destroy"],
      variables: ["", "region=emea\n name = a=b ", "region: emea", '{"a": 1}', "# a", "a=1\r\na=2"],
      run: [
        "",
        "nightly",
        'jobs.nightly --params a=b,c="d e" --no-wait -- x "y z"',
        "a --pipeline-params full_refresh=true\nb --restart",
      ],
      noWait: flag,
      cancelRuns: flag,
      autoApprove: flag,
      plan: ["", "plan.json", "missing.json"],
      pullRequestComment: flag,
      failOnChanges: flag,
      failOnActiveRuns: flag,
      incremental: flag,
      forceLock: flag,
      lockTimeoutInMinutes: ["", "5", "-1", "5m"],
      changedSince: ["", "target", "main", "HEAD~1", "refs/tags/v1", "--x"],
      arguments: ["", "--debug --select 'a b'", "--target=x -qo json", "$env:X --var a=b -- c", "'open"],
    },
  },
  "DatabricksLogin@1": {
    load: loadLoginInputs,
    definition: loginTask,
    values: { ...signIn, oauthClient: flag },
  },
  "DatabricksCliInstaller@1": {
    load: loadInstallerInputs,
    definition: installerTask,
    values: {
      version: ["", "latest", "bundle", "1.13.0", ">=1.10 <2 || 0.299.x", "v1.13.0-rc.1+b"],
      workingDirectory: ["", "src", "databricks.yml"],
      downloadUrl: ["", "https://user:pass@mirror.example/cli", "http://localhost:1/x", "https://a/?b#c", "ftp://a"],
      archivePath: ["", "cli.zip", "cli.tar.gz"],
      checksum: ["", "a".repeat(64), `sha256:${"F".repeat(64)}`],
      reuseInstalled: flag,
    },
  },
};

/** What a step prints, line by line, and how its inputs are refused. The step ends as runTask ends it. */
async function start(
  { load }: TestedTask,
  inputs: Inputs,
): Promise<{ lines: string[]; refusal: UserError | undefined }> {
  given.inputs = inputs;
  let printed = "";
  let refusal: UserError | undefined;
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += text;
    return true;
  });
  try {
    await load();
    complete("Succeeded");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    refusal = error;
    complete("Failed", error.message);
  } finally {
    write.mockRestore();
  }
  return { lines: printed.split(/[\r\n]+/).filter((line) => line !== ""), refusal };
}

/** The commands that the agent finds in the lines; a part of a value must be none. */
function commandsIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const command = parseCommand(line);
    expect(command === undefined ? line : command.data).not.toMatch(/##vso\[|##\[/);
    const properties = [...(command?.properties ?? [])].map(([name, value]) => `${name}=${value}`);
    return command === undefined ? [] : [`${command.area}.${command.event} ${properties}`];
  });
}

const succeeded = ["task.complete result=Succeeded"];
const failed = ["task.logissue type=error", "task.complete result=Failed"];

/** The environment of a process contains no zero byte and only whole characters. */
const possible = (text: string) => Buffer.from(text.replaceAll("\0", "")).toString("utf8");

describe.each(Object.entries(tasks))("The inputs of %s", (_, task) => {
  const inputs = task.definition.inputs.filter(({ name }) => name in task.values);
  const shownNames = inputs.map(({ name, aliases }) => aliases?.[0] ?? name);
  const others = shownNames.filter((name) => !(name in task.values));
  const namesOf = (texts: string) =>
    texts
      .split("\n")
      .flatMap((line) => [...shownNames, ...others].filter((name) => line.startsWith(`${name}: `)).slice(0, 1));
  const randomValue = (name: string) => {
    const [usual, ...more] = task.values[name] ?? [""];
    return fc.oneof(fc.constantFrom(usual, ...more), texts([usual, ...more]).map(possible));
  };
  const anyInputs = fc.record(Object.fromEntries(inputs.map(({ name }) => [name, randomValue(name)])));
  const usual = Object.fromEntries(inputs.map(({ name }) => [name, task.values[name]?.[0] ?? ""]));
  const oneInput = fc
    .constantFrom(...inputs.map(({ name }) => name))
    .chain((name) => fc.tuple(fc.constant(name), randomValue(name)));

  property(
    "are all tested",
    fc.constant(task),
    ({ definition, values }) => {
      expect(definition.inputs.map(({ name }) => name).toSorted()).toEqual(Object.keys(values).toSorted());
    },
    1,
  );

  property(
    "are accepted or refused, whatever they contain, and never become a command",
    anyInputs,
    async (values) => {
      const { lines, refusal } = await inTimeAsync(() => start(task, values));
      expect(commandsIn(lines)).toEqual(refusal ? failed : succeeded);
      if (refusal === undefined) return;
      const [first = "", ...problems] = refusal.message.split("\n");
      expect(first).toMatch(/^(An input of this step is|\d+ inputs of this step are) not usable\.$/);
      expect(namesOf(problems[0] ?? "")).toHaveLength(1);
      expect(new Set(namesOf(problems.join("\n"))).size).toBeGreaterThanOrEqual(Number(/^\d+/.exec(first)?.[0] ?? 1));
    },
    300,
  );

  property("are named if one of them is refused", oneInput, async ([name, value]) => {
    const { refusal } = await inTimeAsync(() => start(task, { ...usual, [name]: value }));
    if (refusal === undefined) return;
    const shown = inputs.find((one) => one.name === name)?.aliases?.[0] ?? name;
    const needed: Readonly<Record<string, readonly string[]>> = {
      command: ["run", "autoApprove"],
      version: ["workingDirectory"],
    };
    expect([shown, ...(needed[name] ?? [])]).toContain(namesOf(refusal.message)[0]);
  });
});

describe("What an accepted input contains", () => {
  /** Without what has a meaning of its own: quotation marks, blanks and macros. */
  const plainWord = fc.stringMatching(/^[\w./:=,-]{1,12}$/);

  property(
    "are the words of arguments as they were quoted",
    fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.constantFrom('"', "'"))),
    (words) => {
      const texts = words.map(([text, quote]) => [text.replaceAll(quote, ""), quote] as const);
      expect(splitArguments(texts.map(([text, quote]) => quote + text + quote).join(" \t\n"))).toEqual(
        texts.map(([text]) => text),
      );
    },
  );

  property(
    "are the values of variables to the end of their lines",
    fc.dictionary(
      fc.stringMatching(/^[A-Za-z_][\w-]{0,8}$/),
      fc.string().map((text) => text.replace(/[\r\n$]/g, "").trim()),
    ),
    async (variables) => {
      const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
      given.inputs = { connectedServiceNameARM: "x", variables: lines.join("\n") };
      expect(Object.entries(loadDeployInputs().variables)).toEqual(Object.entries(variables));
    },
  );

  property("are the arguments of a run after two dashes", fc.array(plainWord, { minLength: 1 }), (words) => {
    given.inputs = { connectedServiceNameARM: "x", run: `nightly -- ${words.join(" ")}` };
    expect(loadDeployInputs().run).toEqual([{ key: "nightly", options: [], arguments: words }]);
  });
});
