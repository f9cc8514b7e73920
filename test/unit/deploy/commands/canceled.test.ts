import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { afterCancel, warnOfUnfinishedState } from "../../../../tasks/DatabricksBundleDeploy/commands/canceled.ts";
import { keepPrinted } from "../../printed.ts";

const startedAt = new Date(Date.now() - 60_000);
let folder: string;
const printed = keepPrinted();

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "unfinished-"));
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

/** Writes a write-ahead log with the given number of entries, changed since the step began or long before. */
function writeLog(target: string, { entries = 1, old = false } = {}): void {
  const file = path.join(folder, ".databricks", "bundle", target, "resources.json.wal");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `{"header":1}\n${'{"k":"jobs.a"}\n'.repeat(entries)}`);
  if (old) fs.utimesSync(file, new Date(0), new Date(0));
}

function warnedTargets(target: string | undefined): string[] {
  warnOfUnfinishedState({ cli: { executable: "", folder, target, environment: {} }, startedAt });
  return [...printed().matchAll(/bundle[\\/](\w+)[\\/]resources\.json\.wal/g)].map(([, name = ""]) => name);
}

it("warns of an unfinished deployment only for the step's own target", () => {
  writeLog("dev");
  writeLog("prod");
  expect(warnedTargets("prod")).toEqual(["prod"]);
});

it("warns, for the default target, of logs that have changed since the step began", () => {
  writeLog("dev");
  writeLog("prod", { old: true });
  expect(warnedTargets(undefined)).toEqual(["dev"]);
});

it("does not warn of a log without entries, or without a log", () => {
  writeLog("dev", { entries: 0 });
  expect(warnedTargets("dev")).toEqual([]);
  expect(warnedTargets("prod")).toEqual([]);
});

it.each([
  ["deploy", "preparing", /was preparing\. Stopping it now\. No resource has been changed\.$/, 0],
  ["destroy", "preparing", /was preparing\. Stopping it now\. No resource has been changed\.$/, 0],
  ["destroy", "locked", /was planning what to delete\. Stopping it now\. No resource has been deleted\.$/, 0],
  ["deploy", "locked", /was uploading files\. It has 6\.9 s to finish\. After that, it is stopped\.$/, 6_900],
  ["deploy", "changing", /was changing resources\. It has 6\.9 s to finish\. After that, it is stopped\.$/, 6_900],
  ["destroy", "changing", /was changing resources\. It has 6\.9 s to finish\. After that, it is stopped\.$/, 6_900],
  ["deploy", undefined, /was running\. It has 6\.9 s to finish\. After that, it is stopped\.$/, 6_900],
] as const)(
  "lets a canceled %s that is %s go on only if it may have changed something",
  (command, progress, text, ms) => {
    expect(afterCancel(command, progress, 6_900)).toEqual({ text: expect.stringMatching(text), stopAfterMs: ms });
  },
);

it("stops a canceled deploy at once if no time is left to finish", () => {
  const text = expect.stringMatching(/was changing resources\. Stopping it now, because the agent ends the step/);
  expect(afterCancel("deploy", "changing", 0)).toEqual({ text, stopAfterMs: 0 });
});
