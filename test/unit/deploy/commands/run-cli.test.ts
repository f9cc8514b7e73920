import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cliOutput } from "../../../../tasks/common/databricks/cli/output.ts";
import { Canceled } from "../../../../tasks/common/pipeline/errors.ts";
import { isCanceled, runCommand } from "../../../../tasks/DatabricksBundleDeploy/commands/run-cli.ts";
import { keepPrinted } from "../../printed.ts";
import { scriptedStep } from "./scripted-step.ts";

let folder: string;
const printed = keepPrinted();

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "run-cli-"));
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

const stepWith = (script: string, changed: object = {}) => scriptedStep(folder, script, changed);

describe("The result of a command", () => {
  it("stays a success where a line of its output cannot be read, and the line is shown", async () => {
    const { facts } = cliOutput({ onLine: () => undefined, onDiagnostic: () => undefined });
    const output = {
      facts,
      end: () => undefined,
      record: () => undefined,
      line() {
        throw new TypeError("unreadable");
      },
    };
    await expect(runCommand(stepWith("echo Deploying"), "deploy", { output })).resolves.toBe("");
    expect(printed()).toContain("Deploying\n");
  });

  it("stays the failure that it is where explaining it fails", async () => {
    const cliVersion = {
      seen() {
        throw new TypeError("unexplainable");
      },
    };
    await expect(runCommand(stepWith("exit 7", { cliVersion }), "deploy")).rejects.toMatchObject({
      message: '"databricks bundle deploy" failed (exit code 7).',
      section: "deploy-failed",
    });
  });

  it("stays the explained failure where the errors beside it cannot be shown", async () => {
    const diagnostics = {
      report: () => undefined,
      reportUnplaced() {
        throw new TypeError("unreportable");
      },
    };
    const script = `printf 'Error: lineage mismatch in state files\\n\\nError: another one\\n\\n' >&2; exit 1`;
    await expect(runCommand(stepWith(script, { diagnostics }), "deploy")).rejects.toMatchObject({
      section: "stale-state",
    });
    expect(printed()).toContain("TypeError: unreportable");
  });
});

it("A step that was canceled before does not start the CLI", async () => {
  const started = path.join(folder, "started");
  const step = stepWith(`touch '${started}'`, { cancel: AbortSignal.abort(), safePointMs: 5_000 });
  const deploy = runCommand(step, "deploy", { arguments: ["--debug"], locks: true });
  await expect(deploy).rejects.toBeInstanceOf(Canceled);
  expect(fs.existsSync(started)).toBe(false);
});

describe("A step whose CLI was ended by Ctrl+C on Windows", () => {
  const endedByControlC = 0xc000013a;

  it("counts as canceled when its own signal arrives later", async () => {
    const cancel = new AbortController();
    const canceled = isCanceled(cancel.signal, endedByControlC);
    cancel.abort();
    expect(await canceled).toBe(true);
  });

  it("counts as failed when no signal arrives", async () => {
    expect(await isCanceled(new AbortController().signal, endedByControlC)).toBe(false);
  });

  it("does not wait for a signal after any other exit code", async () => {
    const cancel = new AbortController();
    const canceled = isCanceled(cancel.signal, 1);
    setImmediate(() => cancel.abort());
    expect(await canceled).toBe(false);
  });
});
