import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { followLog, type LogRecord, logFlags, setLog } from "../../../../tasks/common/databricks/cli/log.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "log-"));
  file = path.join(folder, "cli.log");
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

/** As CLI 1.11.0 writes them. */
const lines = [
  '{"time":"2026-11-26T10:26:02.099000061Z","level":"INFO","source":"acquire.go 58}","msg":"Acquiring deployment lock (force: false)","pid":16082,"mutator":"lock:acquire"}',
  '{"time":"2026-11-26T11:26:03+01:00","level":"WARNING","source":"apply.go 245}","msg":"Ignoring permission error when deleting resources.schemas.é id=é: no","pid":16082}',
];
const time = Date.UTC(2026, 10, 26, 10, 26, 2);
const records = [
  { at: expect.closeTo(time + 99.000061, 3), level: "INFO", message: "Acquiring deployment lock (force: false)" },
  {
    at: time + 1_000,
    level: "WARNING",
    message: "Ignoring permission error when deleting resources.schemas.é id=é: no",
  },
];

it("passes on each record once, when its line is complete, and not what is no record", () => {
  const seen: LogRecord[] = [];
  const log = followLog(file, (record) => seen.push(record));
  log.read();
  fs.appendFileSync(file, `no JSON\n${lines[0]}\n`);
  log.read();
  expect(seen).toEqual(records.slice(0, 1));
  const bytes = Buffer.from(`${lines[1]}\n`);
  fs.appendFileSync(file, bytes.subarray(0, 160));
  log.read();
  expect(seen).toHaveLength(1);
  fs.appendFileSync(file, bytes.subarray(160));
  log.end();
  expect(seen).toEqual(records);
});

it("passes on records while the CLI writes them", async () => {
  const seen: LogRecord[] = [];
  const log = followLog(file, (record) => seen.push(record));
  fs.appendFileSync(file, `${lines.join("\n")}\n`);
  await vi.waitFor(() => expect(seen).toEqual(records), 30_000);
  log.end();
});

it.each([["--debug"], ["--log-level", "debug"], ["--log-level=debug"], ["--log-file", "x"], ["--log-format=json"]])(
  "leaves the log to arguments that set it: %s",
  (...given) => {
    expect(setLog(["--strict", ...given])).toBe(true);
  },
);

it("sets the log otherwise, without the bodies of requests", () => {
  expect(setLog(["--strict", "--debugging"])).toBe(false);
  expect(logFlags("cli.log")).toEqual(["--log-file", "cli.log", "--log-level", "info", "--log-format", "json"]);
});
