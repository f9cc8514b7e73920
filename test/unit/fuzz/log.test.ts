import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect } from "vitest";
import { followLog, type LogRecord } from "../../../tasks/common/databricks/cli/log.ts";
import { parseLockAttempt } from "../../../tasks/common/databricks/cli/log-messages.ts";
import { jsonTexts, texts } from "./mutations.ts";
import { inTime, property } from "./property.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fuzz-log-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const file = path.join(folder, "log.json");

/** databricks/cli, cmd/root/logger.go: slog's JSON. */
const line = (msg: string) =>
  JSON.stringify({ time: "2026-11-26T10:20:30.123456789+01:00", level: "INFO", msg, pid: 4711, größe: "é𝕏" });
const samples = [line("Acquiring deployment lock (force: false)"), line("a\nb"), line("Größe: 𝕏")];

/** What a follower passes on of a log that is written in pieces which end at any byte. */
function followed(content: Buffer, ends: readonly number[]): LogRecord[] {
  fs.rmSync(file, { force: true });
  const records: LogRecord[] = [];
  const log = followLog(file, (record) => records.push(record));
  try {
    let from = 0;
    for (const end of [...ends.map((one) => Math.floor((one * content.length) / 10_000)).sort((a, b) => a - b)]) {
      fs.appendFileSync(file, content.subarray(from, end));
      from = end;
      log.read();
    }
    fs.appendFileSync(file, content.subarray(from));
  } finally {
    log.end();
  }
  return records;
}

describe("Following the log of the CLI", () => {
  property(
    "gives each record once, in order, wherever the pieces end in which it is written",
    fc.tuple(fc.array(fc.constantFrom(...samples)), fc.array(fc.nat(10_000), { maxLength: 8 })),
    ([lines, ends]) => {
      const records = followed(Buffer.from(lines.map((one) => `${one}\n`).join("")), ends);
      expect(records.map(({ message }) => message)).toEqual(lines.map((one) => JSON.parse(one).msg));
    },
    300,
  );

  property(
    "gives the same records of a damaged log, wherever the pieces end",
    fc.tuple(
      fc.oneof(jsonTexts(samples), texts([samples.join("\n")], ["\n", '"time":', '"msg":'])),
      fc.array(fc.nat(10_000), { maxLength: 4 }),
    ),
    ([text, ends]) => {
      const content = Buffer.from(text);
      const records = inTime(() => followed(content, ends));
      expect(records).toEqual(followed(content, []));
      for (const record of records) {
        expect([Number.isFinite(record.at), typeof record.level, typeof record.message]).toEqual([
          true,
          "string",
          "string",
        ]);
        parseLockAttempt(record);
      }
    },
    300,
  );
});
