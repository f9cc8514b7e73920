import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Canceled } from "../../../../tasks/common/pipeline/errors.ts";
import { runWhilePreparing } from "../../../../tasks/DatabricksBundleDeploy/commands/run-while-preparing.ts";
import { keepPrinted } from "../../printed.ts";
import { scriptedStep } from "./scripted-step.ts";

let folder: string;
const printed = keepPrinted();

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "run-while-preparing-"));
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

/** Notes each start, and waits for the token, here a file. */
const waiting = `echo started >> starts; echo Loading; while [ ! -e token ]; do sleep 0.02; done; echo Deployed "$(cat state)"`;

/** A step whose metadata service gives the token as soon as it may. */
function stepWith(script: string, changed: object = {}) {
  const holdUntil = (begin: Promise<unknown>) =>
    void begin.then(
      () => fs.writeFileSync(path.join(folder, "token"), ""),
      () => undefined,
    );
  const metadataService = { servedHosts: new Set(["https://h"]), refusedHosts: new Set(), holdUntil };
  return scriptedStep(folder, script, { metadataService, safePointMs: 5_000, ...changed });
}

const starts = () =>
  fs.existsSync(path.join(folder, "starts"))
    ? fs.readFileSync(path.join(folder, "starts"), "utf8").split("\n").length - 1
    : 0;
const untilStarted = () => vi.waitFor(() => expect(starts()).toBe(1), 30_000);
const writeState = () => fs.writeFileSync(path.join(folder, "state"), "all");

describe("A command whose state is being prepared", () => {
  it("starts at once, and gets its token and shows its output when the state is there", async () => {
    const step = stepWith(waiting);
    await runWhilePreparing(step, "deploy", {}, async () => {
      await untilStarted();
      expect(printed()).toBe("");
      writeState();
    });
    expect(printed()).toBe("Loading\nDeployed all\n");
    expect(starts()).toBe(1);
  });

  it("is stopped and starts again if it would wait too long, and its output is shown once", async () => {
    const step = stepWith(waiting);
    const prepare = async () => {
      await untilStarted();
      await new Promise((resolve) => setTimeout(resolve, 4_100));
      expect(fs.existsSync(path.join(folder, "token"))).toBe(false);
      writeState();
    };
    await runWhilePreparing(step, "deploy", {}, prepare, 4_000);
    expect(printed()).toBe("Loading\nDeployed all\n");
    expect(starts()).toBe(2);
  });

  it("starts only after the preparation if a script of the bundle runs before the sign-in", async () => {
    const step = stepWith(waiting, { declared: { host: undefined, hasPreinit: true } });
    await runWhilePreparing(step, "deploy", {}, async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(starts()).toBe(0);
      writeState();
    });
    expect(printed()).toBe("Loading\nDeployed all\n");
  });

  it("is stopped, and gets no token, if the preparation fails", async () => {
    const step = stepWith(waiting);
    const prepare = async () => {
      await untilStarted();
      throw new Error("unprepared");
    };
    await expect(runWhilePreparing(step, "deploy", {}, prepare)).rejects.toThrow("unprepared");
    expect(fs.existsSync(path.join(folder, "token"))).toBe(false);
    expect(starts()).toBe(1);
  });

  it("is stopped by a cancel, and ends only when the preparation has ended", async () => {
    const cancel = new AbortController();
    const step = stepWith(waiting, { cancel: cancel.signal });
    let hasEnded = false;
    const prepare = async () => {
      await untilStarted();
      cancel.abort();
      await new Promise((resolve) => setTimeout(resolve, 300));
      hasEnded = true;
      throw new Canceled();
    };
    await expect(
      runWhilePreparing(step, "deploy", { arguments: ["--debug"], locks: true }, prepare),
    ).rejects.toBeInstanceOf(Canceled);
    expect(hasEnded).toBe(true);
    expect(fs.existsSync(path.join(folder, "token"))).toBe(false);
  });

  it("gets no token if the step was canceled while the state was prepared", async () => {
    const cancel = new AbortController();
    const step = stepWith(waiting, { cancel: cancel.signal });
    const prepare = async () => {
      await untilStarted();
      cancel.abort();
    };
    const deploy = runWhilePreparing(step, "deploy", { arguments: ["--debug"], locks: true }, prepare);
    await expect(deploy).rejects.toBeInstanceOf(Canceled);
    expect(fs.existsSync(path.join(folder, "token"))).toBe(false);
    expect(printed()).toContain('Canceled while "databricks bundle deploy" was preparing. Stopping it now.');
  });

  it("that fails by itself reports its errors once, after the preparation", async () => {
    const report = vi.fn();
    const script = `echo started >> starts; printf 'Error: no such target\\n\\n' >&2; exit 1`;
    const step = stepWith(script, { diagnostics: { report, reportUnplaced: () => undefined } });
    const prepare = async () => {
      await untilStarted();
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(report).not.toHaveBeenCalled();
    };
    await expect(runWhilePreparing(step, "deploy", {}, prepare)).rejects.toThrow();
    expect(report).toHaveBeenCalledOnce();
    expect(starts()).toBe(1);
  });
});
