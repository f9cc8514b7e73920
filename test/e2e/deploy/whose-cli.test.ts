import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { taskNodes } from "../nodes.ts";
import { writeScriptedCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

describe.each(taskNodes)("A program named databricks that is not the CLI, on $name", ({ path: node }) => {
  const { checkout, requests } = useLab(node);
  const installer = /Add the step "- task: DatabricksCliInstaller@1" before this one\./;

  /** The only error of a deploy with this program on PATH, which must not change the workspace. */
  async function errorWith(cli: string): Promise<string> {
    const { run } = await checkout(undefined, { agent: { cli } });
    const [step, { workspace }] = await requests(() => run());
    expect(step.result).toBe("Failed");
    expect(step.errors).toHaveLength(1);
    expect(step.errors[0]).toMatch(installer);
    expect(step.errors[0]).not.toMatch(/unexpected|auth_type/i);
    expect(workspace.filter(({ method }) => method !== "GET")).toEqual([]);
    return step.errors[0] ?? "";
  }

  it("is named as the legacy CLI where it is that", async () => {
    const click =
      "Usage: databricks [OPTIONS] COMMAND [ARGS]...\\nTry 'databricks -h' for help.\\n\\nError: No such command";
    const cli = writeScriptedCli(`printf "${click} '$1'.\\n" >&2\nexit 2\n`);
    expect(await errorWith(cli)).toMatch(
      /is the legacy Databricks CLI \(Python package databricks-cli\), which does not support bundles: Error: No such command/,
    );
  });

  it.each([
    ["does nothing", "exit 0", /it reported no version and wrote nothing\./],
    ["prints something", "echo hello", /it reported no version: hello\./],
    ["fails without a word", "exit 1", /it ended with exit code 1 and wrote nothing\./],
    ["fails", "echo 'cannot do this' >&2; exit 3", /it ended with exit code 3: cannot do this\./],
  ])("is named where it %s", async (_, script, words) => {
    const cli = writeScriptedCli(`${script}\n`);
    const error = await errorWith(cli);
    expect(error).toContain(`${cli} is not a Databricks CLI that works on this agent: `);
    expect(error).toMatch(words);
  });

  it("is named where the system cannot start it", async () => {
    const cli = writeScriptedCli("");
    fs.writeFileSync(cli, "#!/missing/interpreter\n");
    expect(await errorWith(cli)).toMatch(
      /the system did not start it \(ENOENT: its interpreter or program loader is not on this agent\)\./,
    );
  });

  it("is named where it is built for another platform", async () => {
    const cli = writeScriptedCli("");
    // The head of a 64-bit ELF executable for ARM (or for x64, on ARM).
    const machine = process.arch === "arm64" ? 62 : 183;
    const head = Buffer.from(`7f454c46020101${"00".repeat(9)}0200${machine.toString(16)}00`, "hex");
    fs.writeFileSync(cli, Buffer.concat([head, Buffer.alloc(200)]));
    expect(await errorWith(cli)).toMatch(/is not a Databricks CLI that works on this agent: /);
  });
});

describe.each(taskNodes)("The Databricks CLI itself, on $name", ({ path: node }) => {
  const { checkout } = useLab(node);

  it("keeps its own error where it fails before it signs in", async () => {
    const { run, folder } = await checkout();
    fs.writeFileSync(`${folder}/databricks.yml`, "bundle:\n  name: [broken\n");
    const step = await run();
    expect(step.result).toBe("Failed");
    expect(step.text).not.toContain("not a Databricks CLI");
  });
});
