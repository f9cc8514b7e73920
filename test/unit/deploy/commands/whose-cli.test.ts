import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { otherProgram } from "../../../../tasks/DatabricksBundleDeploy/commands/whose-cli.ts";

describe("A program named databricks", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "whose-cli-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  async function verdictOn(content: string | Buffer, cancel = new AbortController().signal): Promise<string> {
    const executable = path.join(folder, "databricks");
    fs.writeFileSync(executable, content, { mode: 0o755 });
    const cli = { executable, folder, target: undefined, environment: { PATH: "/usr/bin:/bin" } };
    const error = await otherProgram({ cli, cancel });
    expect(error?.hint ?? "DatabricksCliInstaller@1").toContain("DatabricksCliInstaller@1");
    return error?.message.replace(executable, "it") ?? "the Databricks CLI";
  }

  it("is the Databricks CLI if it reports a version", async () => {
    expect(await verdictOn(`#!/bin/sh\necho '{"Version": "1.13.0"}'\n`)).toBe("the Databricks CLI");
  });

  const not = "it is not a Databricks CLI that works on this agent: ";
  it.each([
    ["exit 0", "it reported no version and wrote nothing."],
    ["echo no >&2; exit 3", "it ended with exit code 3: no."],
  ])("is not if it does this: %s", async (script, why) => {
    expect(await verdictOn(`#!/bin/sh\n${script}\n`)).toBe(not + why);
  });

  it("is not if the system cannot start it", async () => {
    expect(await verdictOn("#!/missing/interpreter\n")).toMatch(
      /the system did not start it \(ENOENT: its interpreter/,
    );
    expect(await verdictOn(Buffer.concat([Buffer.from("7f454c4602010100", "hex"), Buffer.alloc(200)]))).toContain(not);
  });

  it("is the legacy CLI if it does not have the command version", async () => {
    expect(await verdictOn(`#!/bin/sh\necho "Error: No such command 'version'." >&2; exit 2\n`)).toBe(
      "it is the legacy Databricks CLI (Python package databricks-cli), which does not support bundles: Error: No such command 'version'.",
    );
  });

  it("is not asked about when the step is canceled", async () => {
    const cancel = new AbortController();
    cancel.abort();
    await expect(verdictOn("#!/bin/sh\nsleep 60\n", cancel.signal)).rejects.toThrow("The step was canceled.");
  });
});
